import { Board } from "./board.js";
import { Boards } from "./boards.js";
import { element } from "./column.js";
import { isolate, written } from "./text.js";

const NOTE_MS = 20000;
const NARROW = matchMedia("(max-width: 760px)");
const $ = (id) => document.getElementById(id);
const line = { page: true, service: true, reason: null, closed: null };
let shown = null;

/** What a board may do to the page around it. */
const page = {
  name: () => $("me").value.trim() || "Guest",
  title(name) {
    $("board-name").replaceWith(Object.assign(written(name), { id: "board-name" }));
    document.title = `${isolate(name)} · Task board`;
  },
  viewers({ count, names }) {
    const badges = names.slice(0, NARROW.matches ? 3 : 5).map((name) => {
      const badge = element("li");
      badge.append(written([...name].slice(0, 2).join("")));
      badge.title = isolate(name);
      badge.setAttribute("aria-label", isolate(name));
      badge.style.setProperty("--hue", [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7));
      return badge;
    });
    if (count > badges.length) badges.push(element("li", "", `+${count - badges.length}`));
    $("viewers").replaceChildren(...badges);
    $("viewers").setAttribute("aria-label", `${count} here: ${names.map(isolate).join(", ")}`);
  },
  lines(change) {
    Object.assign(line, change);
    if (line.closed) {
      banner(line.closed);
    } else if (!line.page) {
      banner(
        shown instanceof Boards
          ? "The service cannot be reached. This page tries again by itself."
          : `Offline. Edits are kept in this window and sent later.${shown?.search.waits() ? " The filter has to wait, too." : ""}`,
      );
    } else if (!line.service) {
      banner(`The service has no connection to its broker. Edits are kept by the service and sent later. ${line.reason ?? ""}`.trim());
    } else {
      banner("");
    }
  },
  /** Whether the server has what was written. */
  saved({ held, pending }) {
    $("saved").textContent = held ? "Saved" : `${pending} to send`;
  },
  connected: () => line.page && line.service,
  /** Says what was not done, a list as `undone` makes it, and why and what to do. */
  note(what, why) {
    const note = element("p", "note");
    const text = element("span");
    const strong = element("strong");
    strong.append(...what.map((part) => (typeof part === "string" ? part : written(part.written))));
    text.append(strong, ` ${why}`);
    const close = element("button", "", "✕");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => note.remove());
    note.append(text, close);
    $("notes").append(note);
    while ($("notes").children.length > 4) $("notes").firstChild.remove();
    setTimeout(() => note.remove(), NOTE_MS);
  },
  /** Says what is seen on the screen, for those who do not see it. */
  say(text) {
    $("said").textContent = text;
  },
};

function banner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // Typed or cut off: no id was written so.
  }
}

function route() {
  shown?.close();
  shown = null;
  Object.assign(line, { page: true, service: true, reason: null, closed: null });
  banner("");
  page.say("");
  $("saved").textContent = "";
  $("show-waiting").hidden = true;
  $("waiting").hidden = true;
  $("viewers").replaceChildren();
  $("viewers").setAttribute("aria-label", "Who is here");
  const place = location.hash.match(/^#\/p\/(.+)$/);
  $("projects").hidden = Boolean(place);
  $("board").hidden = !place;
  if (place) {
    page.title("…");
    shown = new Board(decoded(place[1]), page);
  } else {
    page.title("Boards");
    document.title = "Task board";
    shown = new Boards(page);
  }
}

$("me").value = localStorage.getItem("name") ?? `Guest ${Math.floor(Math.random() * 90 + 10)}`;
$("me").addEventListener("change", () => {
  localStorage.setItem("name", page.name());
  route();
});
window.addEventListener("hashchange", route);
route();
