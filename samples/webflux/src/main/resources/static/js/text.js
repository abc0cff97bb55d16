// What people wrote is shown in a part of its own, so that nothing in it, as a letter that turns the direction of the text, reaches beyond.

const EMBEDDINGS = "\u202A\u202B\u202D\u202E";
const ISOLATES = "\u2066\u2067\u2068";
const END_OF_EMBEDDING = "\u202C";
const END_OF_ISOLATE = "\u2069";

/** The text with every turn of direction ended in it that begins in it, and none that does not. */
export function balanced(text) {
  const open = [];
  let out = "";
  for (const letter of text) {
    if (EMBEDDINGS.includes(letter) || ISOLATES.includes(letter)) {
      open.push(letter);
    } else if (letter === END_OF_EMBEDDING) {
      if (!EMBEDDINGS.includes(open.at(-1) ?? "x")) continue;
      open.pop();
    } else if (letter === END_OF_ISOLATE) {
      const begun = open.findLastIndex((each) => ISOLATES.includes(each));
      if (begun < 0) continue;
      open.length = begun;
    }
    out += letter === "\u2028" || letter === "\u2029" ? " " : letter;
  }
  for (const each of open.reverse()) out += ISOLATES.includes(each) ? END_OF_ISOLATE : END_OF_EMBEDDING;
  return out;
}

/** For places that take text alone: names for screen readers, tooltips, the title of the window. */
export function isolate(text) {
  return `\u2068${balanced(text)}\u2069`;
}

/** For the page: an element around what somebody wrote. Text goes in as text, never as markup. */
export function written(text, className = "") {
  const made = document.createElement("bdi");
  made.className = className;
  made.textContent = balanced(text);
  return made;
}

/** An id that nobody guesses. Pages from plain http on another host have no crypto.randomUUID. */
export function randomId() {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
