import { follow } from "./stream.js";
import { balanced, written } from "./text.js";
import { undone, why } from "./words.js";

const $ = (id) => document.getElementById(id);

/** The list of boards on the screen, from when it is opened to `close()`. */
export class Boards {
  constructor(page) {
    this.page = page;
    this.items = new Map(); // id → list item
    this.handlers = new AbortController();
    $("project-list").replaceChildren();
    $("no-projects").hidden = true;
    $("new-project").addEventListener("submit", (event) => this.create(event), { signal: this.handlers.signal });
    this.end = follow(() => "api/projects/events", null, {
      opened: () => page.lines({ page: true }),
      lost: () => page.lines({ page: false }),
      boards: (event) => this.show(event.boards),
      connection: (event) => page.lines({ service: event.connected, reason: event.message }),
      rejected: (event) => page.note(undone(event), event.message),
    });
  }

  /** Changes what changed and nothing else, so that the focus stays where it is. */
  show(boards) {
    const there = new Set(boards.map((board) => board.id));
    const focused = [...this.items].find(([, item]) => item.contains(document.activeElement))?.[0];
    const place = [...this.items.keys()].indexOf(focused);
    for (const [id, item] of this.items) {
      if (!there.has(id)) item.remove();
    }
    const before = this.items;
    this.items = new Map();
    let last = null;
    for (const { id, name } of boards) {
      const item = before.get(id) ?? newItem(id);
      const shown = item.querySelector("bdi");
      if (shown.textContent !== balanced(name)) shown.textContent = balanced(name);
      const next = last ? last.nextElementSibling : $("project-list").firstElementChild;
      if (next !== item) $("project-list").insertBefore(item, next);
      this.items.set(id, item);
      last = item;
    }
    $("no-projects").hidden = boards.length > 0;
    if (focused && !there.has(focused)) {
      const left = [...this.items.values()];
      (left[Math.min(place, left.length - 1)]?.querySelector("a") ?? $("project-name")).focus();
    } else if (focused) {
      this.items.get(focused).querySelector("a").focus(); // A move in the list takes the focus away.
    }
  }

  async create(event) {
    event.preventDefault();
    const name = $("project-name").value;
    const answer = await fetch("api/projects", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name }),
    }).catch(() => null);
    const body = await answer?.json().catch(() => null);
    if (answer?.ok) {
      $("project-name").value = "";
      location.hash = `#/p/${encodeURIComponent(body.id)}`;
    } else {
      this.page.note(
        undone({ kind: "create", entity: "project", title: name }),
        answer ? why(body) : "The service cannot be reached. Try again in a moment.",
      );
    }
  }

  close() {
    this.end();
    this.handlers.abort();
  }
}

function newItem(id) {
  const link = document.createElement("a");
  link.href = `#/p/${encodeURIComponent(id)}`;
  link.append(written(""));
  const item = document.createElement("li");
  item.append(link);
  return item;
}
