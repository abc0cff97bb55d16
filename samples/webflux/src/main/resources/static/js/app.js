import { Board } from "./board.js";
import { element } from "./column.js";

const RETRY_MS = 2000;
const NOTE_MS = 20000;
const NARROW = matchMedia("(max-width: 760px)");
const $ = (id) => document.getElementById(id);
const line = { page: true, service: true, reason: null };
let board = null;
let retry = 0;

/** What a board may do to the page around it. */
const page = {
  name: () => $("me").value.trim() || "Guest",
  title(name) {
    $("board-name").textContent = name;
    document.title = `${name} · Task board`;
  },
  viewers({ count, names }) {
    const shown = names.slice(0, NARROW.matches ? 3 : 5).map((name) => {
      const badge = element("li", "", name.slice(0, 2));
      badge.title = name;
      badge.setAttribute("aria-label", name);
      badge.style.setProperty("--hue", [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7));
      return badge;
    });
    if (count > shown.length) shown.push(element("li", "", `+${count - shown.length}`));
    $("viewers").replaceChildren(...shown);
    $("viewers").setAttribute("aria-label", `${count} here: ${names.join(", ")}`);
  },
  lines(change) {
    Object.assign(line, change);
    if (!line.page) {
      banner("Offline. Edits are kept in this window and sent later.");
    } else if (!line.service) {
      banner(`The service has no connection to its broker. Edits are kept by the service and sent later. ${line.reason ?? ""}`.trim());
    } else {
      banner("");
    }
  },
  connected: () => line.page && line.service,
  /** Says what was not done, and why and what to do. */
  note(what, why) {
    const note = element("p", "note");
    const text = element("span");
    text.append(element("strong", "", what), ` ${why}`);
    const close = element("button", "", "✕");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => note.remove());
    note.append(text, close);
    $("notes").append(note);
    while ($("notes").children.length > 4) $("notes").firstChild.remove();
    setTimeout(() => note.remove(), NOTE_MS);
  },
  missing() {
    page.title("No such board");
    banner("There is no such board. Go back to all boards and choose another.");
  },
};

function banner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text;
}

async function listProjects() {
  clearTimeout(retry);
  const answer = await fetch("api/projects").catch(() => null);
  if (location.hash.startsWith("#/p/")) return;
  if (!answer?.ok) {
    const problem = await answer?.json().catch(() => null);
    banner(problem?.detail ?? "The service cannot be reached. This page tries again by itself.");
    retry = setTimeout(listProjects, RETRY_MS);
    return;
  }
  banner("");
  const links = (await answer.json()).map((project) => {
    const link = element("a", "", project.name);
    link.href = `#/p/${encodeURIComponent(project.id)}`;
    const item = element("li");
    item.append(link);
    return item;
  });
  $("project-list").replaceChildren(...links);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // Typed or cut off: no id was written so.
  }
}

function route() {
  board?.close();
  board = null;
  clearTimeout(retry);
  Object.assign(line, { page: true, service: true, reason: null });
  banner("");
  $("viewers").replaceChildren();
  const place = location.hash.match(/^#\/p\/(.+)$/);
  $("projects").hidden = Boolean(place);
  $("board").hidden = !place;
  if (place) {
    page.title("…");
    const id = decoded(place[1]);
    if (id === null) page.missing();
    else board = new Board(id, page);
  } else {
    page.title("Boards");
    document.title = "Task board";
    listProjects();
  }
}

$("me").value = localStorage.getItem("name") ?? `Guest ${Math.floor(Math.random() * 90 + 10)}`;
$("me").addEventListener("change", () => {
  localStorage.setItem("name", page.name());
  route();
});
$("new-project").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("api/projects", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name: $("project-name").value }),
  }).catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (answer?.ok) {
    $("project-name").value = "";
    location.hash = `#/p/${encodeURIComponent(body.id)}`;
  } else {
    page.note(`The board “${$("project-name").value}” was not created.`, body?.detail ?? "The service cannot be reached. Try again in a moment.");
  }
});
window.addEventListener("hashchange", route);
route();
