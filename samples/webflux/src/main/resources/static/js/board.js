import { Column } from "./column.js";
import { Model } from "./model.js";
import { Outbox } from "./outbox.js";
import { Search } from "./search.js";
import { follow } from "./stream.js";
import { isolate, randomId } from "./text.js";
import { Waiting } from "./waiting.js";
import { STATUSES, TITLES, undone } from "./words.js";

const FLASH_MS = 1000;
const $ = (id) => document.getElementById(id);

/** One board on the screen, from when it is opened to `close()`. Without an id it is one that cannot be. */
export class Board {
  constructor(projectId, page) {
    this.page = page;
    this.closed = false;
    this.model = new Model();
    this.current = null;
    this.shown = "OPEN";
    this.changedAt = new Map();
    this.drawing = false;
    this.columns = STATUSES.map((status) => new Column(status, TITLES[status], this));
    $("columns").replaceChildren(...this.columns.map((column) => column.root));
    this.handlers = new AbortController();
    this.search = new Search(projectId, this, $("filter"));
    this.listen();
    this.outbox = new Outbox(projectId, this.model, (edit, why) => page.note(undone(edit), why));
    this.waiting = new Waiting(projectId ?? "", this, this.handlers.signal);
    this.model.addEventListener("change", (event) => {
      if (event.detail) this.changedAt.set(event.detail, performance.now());
      this.draw();
    });
    this.setClosed(null);
    if (projectId === null) {
      this.end = () => {};
      this.missing();
    } else {
      const place = `api/projects/${encodeURIComponent(projectId)}`;
      const name = encodeURIComponent(page.name());
      this.end = follow((again) => `${place}/events?name=${name}&again=${again}&${this.search.asked()}`, place, this.stream());
    }
    this.draw();
  }

  missing() {
    this.page.title("No such board");
    this.setClosed("There is no such board. Go back to all boards and choose another.");
  }

  /** A board that is gone takes no edits: all of it is disabled, and says why. Null opens it again. */
  setClosed(reason) {
    this.closed = reason !== null;
    this.page.lines({ closed: reason });
    $("board").setAttribute("aria-disabled", this.closed);
    $("board").classList.toggle("closed", this.closed);
    $("board").querySelectorAll("input, button").forEach((control) => (control.disabled = this.closed));
    for (const column of this.columns) {
      column.scroll.tabIndex = this.closed ? -1 : 0;
      column.scroll.setAttribute("aria-disabled", this.closed);
    }
    this.draw();
  }

  stream() {
    const { model, page } = this;
    return {
      opened: () => {
        model.begin();
        this.search.opened();
        this.lines({ page: true });
        this.outbox.pump();
      },
      lost: (gone) => {
        this.search.lost();
        gone ? this.missing() : this.lines({ page: false });
      },
      record: (event) => {
        model.apply(event);
        if (event.entity !== "project") return;
        page.title(event.record.name ?? "");
        const gone = event.operation === "DELETED";
        if (gone !== this.closed) {
          this.setClosed(gone ? "This board was deleted. What is left of it can be read, and not changed. Go back to all boards." : null);
        }
      },
      found: (event) => this.search.found(event),
      held: (event) => model.keepOnly(event.ids),
      known: (event) => this.columns.forEach((column) => column.says(event.compared ? "Nothing here" : "Not here yet")),
      viewers: (event) => page.viewers(event),
      connection: (event) => {
        this.lines({ service: event.connected, reason: event.message });
        if (event.connected) this.outbox.pump();
      },
      saved: (event) => page.saved(event),
      waiting: (event) => this.waiting.show(event),
      rejected: (event) => page.note(undone({ ...event, title: event.title ?? model.titles.get(event.id) }), event.message),
    };
  }

  /** What waits is marked in other words while a line is down. */
  lines(change) {
    this.page.lines(change);
    this.draw();
  }

  listen() {
    const on = (node, type, handler) => node.addEventListener(type, handler, { signal: this.handlers.signal });
    on($("new-task"), "submit", (event) => {
      event.preventDefault();
      this.create($("task-title").value.trim());
      $("task-title").value = "";
    });
    on($("filter"), "input", () => {
      this.search.changed();
      this.page.lines({});
    });
    on(document, "keydown", (event) => this.key(event));
    on($("selected"), "click", (event) => this.act(event.target.closest("button")?.dataset.action, this.current, true));
    document.querySelectorAll(".tabs button").forEach((tab) => on(tab, "click", () => this.showColumn(tab.dataset.column)));
  }

  draw() {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      if (!this.handlers.signal.aborted) this.update();
    });
  }

  /** Draws now. */
  update() {
    const lists = new Map(STATUSES.map((status) => [status, []]));
    for (const task of this.model.tasks()) {
      if (this.search.shows(task.id)) {
        (lists.get(task.status) ?? lists.get("OPEN")).push(task);
      }
    }
    for (const column of this.columns) {
      column.show(lists.get(column.status).sort(newestFirst));
      column.root.classList.toggle("shown", column.status === this.shown);
    }
    document.querySelectorAll(".tabs button").forEach((tab) => {
      tab.textContent = `${TITLES[tab.dataset.column]} ${lists.get(tab.dataset.column).length}`;
      tab.setAttribute("aria-pressed", tab.dataset.column === this.shown);
    });
    this.drawSelected();
  }

  /** On a phone, what can be done with the current task is below the list: beside a title there is no room for it. */
  drawSelected() {
    const place = this.columnOf(this.current)?.status === this.shown ? STATUSES.indexOf(this.shown) : -1;
    $("selected").hidden = place < 0;
    if (place < 0) return;
    for (const [action, status, text] of [["left", STATUSES[place - 1], (title) => `‹ ${title}`], ["right", STATUSES[place + 1], (title) => `${title} ›`]]) {
      const button = $("selected").querySelector(`[data-action=${action}]`);
      button.hidden = !status;
      button.textContent = status ? text(TITLES[status]) : "";
      button.setAttribute("aria-label", status ? `Move to ${TITLES[status]}` : "");
    }
  }

  /** Whether a task changed a moment ago, so that the eye is led to it. */
  fresh(id) {
    return performance.now() - (this.changedAt.get(id) ?? -FLASH_MS) < FLASH_MS && this.changedAt.size < 50;
  }

  showColumn(status) {
    this.shown = status;
    this.draw();
  }

  columnOf(id) {
    return this.columns.find((column) => column.items.some((task) => task.id === id));
  }

  select(id, column) {
    this.current = id;
    this.shown = column.status;
    this.columns.forEach((each) => each.draw());
    column.reveal(id);
    if (!column.scroll.contains(document.activeElement)) column.scroll.focus({ preventScroll: true });
    this.draw();
  }

  create(title) {
    if (title) {
      const id = randomId();
      this.outbox.add({ kind: "create", id, fields: { title, status: "OPEN", created: new Date().toISOString() } });
      this.current = id;
      this.shown = "OPEN";
      this.columns[0].scroll.scrollTop = 0; // The newest task is the first.
    }
  }

  rename(id, title) {
    this.outbox.add({ kind: "update", id, fields: { title } });
  }

  act(action, id, stays = false) {
    const task = this.model.task(id);
    if (!task || this.closed) return;
    const place = STATUSES.indexOf(task.status);
    if (action === "edit") this.columnOf(id)?.edit(id);
    if (action === "left" && place > 0) this.move(task, STATUSES[place - 1], stays);
    if (action === "right" && place < 2) this.move(task, STATUSES[place + 1], stays);
    if (action === "assign") this.outbox.add({ kind: "update", id, fields: { assignee: task.assignee === this.page.name() ? null : this.page.name() } });
    if (action === "delete") {
      this.step(1) || this.step(-1);
      this.outbox.add({ kind: "delete", id });
    }
  }

  /** Moves a task, and what is selected with it. On a phone the column stays: who sorts a column goes on with its next task. */
  move(task, status, stays) {
    const from = this.columnOf(task.id);
    this.outbox.add({ kind: "update", id: task.id, fields: { status } });
    this.page.say(`${isolate(task.title ?? "")} moved to ${TITLES[status]}`);
    if (stays) {
      from?.scroll.focus({ preventScroll: true }); // The buttons go, for what they were about is elsewhere.
      return;
    }
    this.update();
    const to = this.columnOf(task.id);
    if (to) {
      this.select(task.id, to);
      to.scroll.focus({ preventScroll: true });
    }
  }

  /** Goes up or down in the column of the current task; false at its end. */
  step(by) {
    const column = this.columnOf(this.current);
    const next = column?.items[column.items.findIndex((task) => task.id === this.current) + by];
    if (next) this.select(next.id, column);
    return Boolean(next);
  }

  /** Goes to the next column that has tasks, at the same height. */
  cross(by) {
    const from = this.columnOf(this.current);
    let place = this.columns.indexOf(from) + by;
    while (this.columns[place] && !this.columns[place].items.length) place += by;
    const to = this.columns[place];
    if (to) {
      const index = from ? from.items.findIndex((task) => task.id === this.current) : 0;
      this.select(to.items[Math.min(index, to.items.length - 1)].id, to);
    }
  }

  key(event) {
    const typing = event.target.closest("input");
    if (typing && event.key === "Escape") {
      typing.blur();
      (this.columnOf(this.current) ?? this.columns[0]).scroll.focus();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || this.closed) return;
    const onList = event.target.closest(".scroll") || event.target === document.body;
    const keys = {
      n: () => $("task-title").focus(),
      "/": () => $("filter").focus(),
    };
    if (onList) {
      const focused = this.columns.find((column) => column.scroll === event.target);
      const start = () => {
        const column = focused?.items.length ? focused : this.columns.find((each) => each.items.length);
        if (column) this.select(column.items[0].id, column);
      };
      const known = this.columnOf(this.current);
      Object.assign(keys, {
        ArrowDown: () => (known ? this.step(1) : start()),
        ArrowUp: () => (known ? this.step(-1) : start()),
        ArrowLeft: () => (event.shiftKey ? this.act("left", this.current) : known ? this.cross(-1) : start()),
        ArrowRight: () => (event.shiftKey ? this.act("right", this.current) : known ? this.cross(1) : start()),
        Home: () => known && this.select(known.items[0].id, known),
        End: () => known && this.select(known.items.at(-1).id, known),
        Enter: () => this.act("edit", this.current),
        a: () => this.act("assign", this.current),
        Delete: () => this.act("delete", this.current),
      });
    }
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  }

  close() {
    this.setClosed(null);
    this.end();
    this.outbox.close();
    this.search.close();
    this.handlers.abort();
    $("columns").replaceChildren();
  }
}

function newestFirst(one, other) {
  const a = one.created ?? "";
  const b = other.created ?? "";
  return a < b ? 1 : a > b ? -1 : one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}
