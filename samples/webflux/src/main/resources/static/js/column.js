import { balanced, isolate, written } from "./text.js";

const ROW = 64;
const SPARE = 6;
const STATES = { pending: "saving …", waiting: "waiting …", confirmed: "✓ saved", refused: "✕ not saved" };

/** A column of tasks of which only those in sight are in the document. Text goes in as text, never as markup. */
export class Column {
  constructor(status, title, board) {
    this.status = status;
    this.board = board;
    this.items = [];
    this.rows = new Map();
    this.root = element("section", "column");
    this.root.dataset.status = status;
    const heading = element("h2");
    this.count = element("span", "count");
    heading.append(element("span", "", title), this.count);
    this.scroll = element("div", "scroll");
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute("role", "listbox");
    this.scroll.setAttribute("aria-label", title);
    this.space = element("div", "space");
    this.empty = element("p", "empty", "Not here yet");
    this.scroll.append(this.empty, this.space);
    this.root.append(heading, this.scroll);
    this.scroll.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(this.scroll);
    this.scroll.addEventListener("click", (event) => this.clicked(event));
    this.scroll.addEventListener("dblclick", (event) => this.edit(event.target.closest(".task")?.dataset.id));
  }

  /** What is said of the column while it has no tasks: that there are none, or that they may still come. */
  says(ofNothing) {
    this.empty.textContent = ofNothing;
  }

  show(items) {
    this.items = items;
    this.count.textContent = String(items.length);
    this.empty.hidden = items.length > 0;
    this.space.style.height = `${items.length * ROW + 8}px`;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / ROW) + SPARE);
    const wanted = new Set();
    for (let index = first; index < last; index++) {
      const task = this.items[index];
      wanted.add(task.id);
      let row = this.rows.get(task.id);
      if (!row) {
        row = newRow(task.id);
        this.rows.set(task.id, row);
        this.space.append(row.root);
      }
      this.fill(row, task, index);
    }
    for (const [id, row] of this.rows) {
      if (!wanted.has(id)) {
        const typing = row.root.contains(document.activeElement);
        row.root.remove();
        this.rows.delete(id);
        if (typing) this.scroll.focus({ preventScroll: true }); // Who typed there would have to begin at the top of the page.
      }
    }
    const current = this.rows.get(this.board.current);
    current ? this.scroll.setAttribute("aria-activedescendant", current.root.id) : this.scroll.removeAttribute("aria-activedescendant");
  }

  fill(row, task, index) {
    row.root.style.transform = `translateY(${index * ROW + 8}px)`;
    row.root.setAttribute("aria-posinset", index + 1);
    row.root.setAttribute("aria-setsize", this.items.length);
    const current = this.board.current === task.id;
    row.root.setAttribute("aria-selected", current);
    row.root.className = `task ${task.state} ${current ? "current" : ""} ${task.status === "DONE" ? "done" : ""} ${this.board.fresh(task.id) ? "flash" : ""}`;
    const title = task.title ?? "";
    const state = STATES[task.state === "pending" && !this.board.page.connected() ? "waiting" : task.state] ?? "";
    if (write(row.title, balanced(title))) row.title.title = isolate(title); // Where it is cut off, it is a tooltip.
    write(row.who, task.assignee ? `@${balanced(task.assignee)}` : "");
    write(row.state, state);
    name(row.root, state ? `${isolate(title)}, ${state.replace(/[✓✕…] ?/g, "").trim()}` : isolate(title));
    row.root.setAttribute("aria-description", task.assignee ? `assigned to ${isolate(task.assignee)}` : "");
  }

  /** Brings a task into sight. */
  reveal(id) {
    const index = this.items.findIndex((task) => task.id === id);
    if (index < 0) return;
    const top = index * ROW;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    const bottom = top + ROW + 8 - this.scroll.clientHeight;
    if (bottom > this.scroll.scrollTop) this.scroll.scrollTop = bottom;
    this.draw();
  }

  clicked(event) {
    const id = event.target.closest(".task")?.dataset.id;
    if (!id || event.target.tagName === "INPUT" || this.board.closed) return;
    this.board.select(id, this);
    this.board.act(event.target.closest("button")?.dataset.action, id);
  }

  /** Lets the title be edited in its row. Enter and leaving the field save, Escape does not. */
  edit(id) {
    this.reveal(id);
    const row = this.rows.get(id);
    if (!row || row.root.querySelector("input") || this.board.closed) return;
    const before = this.board.model.task(id)?.title ?? "";
    const input = document.createElement("input");
    input.value = before;
    input.maxLength = 500;
    input.dir = "auto";
    name(input, `Title of ${isolate(before)}`);
    row.root.setAttribute("role", "group"); // What is in an option is not told by itself.
    row.title.hidden = true;
    row.title.after(input);
    input.focus();
    input.select();
    let over = false;
    const end = (save, back) => {
      if (over) return;
      over = true;
      input.remove();
      row.title.hidden = false;
      row.root.setAttribute("role", "option");
      const title = input.value.trim();
      if (save && title && title !== before) this.board.rename(id, title);
      if (back) this.scroll.focus();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") end(true, true);
      if (event.key === "Escape") end(false, true);
    });
    input.addEventListener("blur", () => end(true, false));
  }
}

function newRow(id) {
  const root = element("div", "task");
  root.dataset.id = id;
  root.id = `task-${id}`;
  root.setAttribute("role", "option");
  const text = element("div", "text");
  const title = written("", "title");
  const meta = element("div", "meta");
  const who = written("", "who");
  const state = element("span", "state");
  meta.append(who, state);
  text.append(title, meta);
  const actions = element("div", "actions");
  actions.setAttribute("aria-hidden", "true"); // For the mouse. The keys do the same, and an option is read out with what is in it.
  for (const [action, label, sign] of [["left", "Move left", "‹"], ["right", "Move right", "›"], ["edit", "Edit", "✎"], ["delete", "Delete", "✕"]]) {
    const button = element("button", "", sign);
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.action = action;
    button.title = label;
    actions.append(button);
  }
  root.append(text, actions);
  return { root, title, who, state };
}

/** Writes what is not there yet; answers whether it was. */
function write(node, text) {
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
}

function name(node, text) {
  if (node.getAttribute("aria-label") !== text) node.setAttribute("aria-label", text);
}

export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
