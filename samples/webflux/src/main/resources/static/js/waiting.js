import { element } from "./column.js";
import { isolate, written } from "./text.js";
import { waits, why } from "./words.js";

const PASSING = new Set(["KEEPING", "COMPARING", "IN_LINE", "SENDING"]);
const $ = (id) => document.getElementById(id);

/** The writes of a board that the service has kept and not sent, as a list that can be opened: each can be taken back, or tried again. */
export class Waiting {
  constructor(projectId, board, signal) {
    this.url = `api/projects/${encodeURIComponent(projectId)}/writes`;
    this.board = board;
    this.items = new Map(); // sequence → list item
    $("show-waiting").addEventListener("click", () => this.open($("waiting").hidden), { signal });
    $("waiting").addEventListener("click", (event) => this.clicked(event.target.closest("button")), { signal });
    $("waiting").addEventListener("keydown", (event) => event.key === "Escape" && this.open(false), { signal });
    this.show({ count: 0, writes: [] });
  }

  open(wanted) {
    const within = $("waiting").contains(document.activeElement);
    $("waiting").hidden = !wanted;
    $("show-waiting").setAttribute("aria-expanded", wanted);
    if (within && !wanted) $("show-waiting").focus();
  }

  /** Takes a "waiting" event. Changes what changed and nothing else, so that the focus stays where it is. */
  show({ count, writes }) {
    const before = this.items;
    const focused = document.activeElement;
    this.items = new Map();
    for (const write of writes) {
      const item = before.get(write.sequence) ?? newItem(write.sequence);
      before.delete(write.sequence);
      this.fill(item, write);
      if (!item.isConnected) $("waiting-list").append(item);
      this.items.set(write.sequence, item);
    }
    const orphaned = [...before.values()].some((item) => item.contains(focused));
    for (const item of before.values()) item.remove();
    $("waiting-more").hidden = count <= writes.length;
    $("waiting-more").textContent = `and ${count - writes.length} more`;
    // What is on its way is gone before it can be read.
    const heldUp = writes.some((write) => !PASSING.has(write.state));
    $("show-waiting").hidden = count === 0 || (!heldUp && $("waiting").hidden);
    if (count === 0) this.open(false);
    else if (orphaned) ($("waiting-list").querySelector("button:not([hidden])") ?? $("show-waiting")).focus();
  }

  fill(item, write) {
    const title = this.board.model.calledBefore(write.id, write.title);
    const what = waits({ ...write, title });
    const spoken = what.map((part) => (typeof part === "string" ? part : isolate(part.written))).join("");
    if (item.dataset.what !== spoken) {
      item.dataset.what = spoken;
      item.querySelector("strong").replaceChildren(...what.map((part) => (typeof part === "string" ? part : written(part.written))));
      item.querySelector("[data-action=retry]").setAttribute("aria-label", `Try now: ${spoken}`);
      item.querySelector("[data-action=drop]").setAttribute("aria-label", `Take back: ${spoken}`);
    }
    const times = write.attempts > 1 ? ` Sent ${write.attempts} times.` : "";
    const reason = `${write.words}${times}`;
    if (item.querySelector("span").textContent !== reason) item.querySelector("span").textContent = reason;
    item.querySelector("[data-action=retry]").hidden = !write.failed;
    item.querySelector("[data-action=drop]").hidden = !write.droppable;
  }

  async clicked(button) {
    const item = button?.closest("li");
    if (!item || button.dataset.busy) return;
    button.dataset.busy = true; // Disabled, it would lose the focus.
    const one = `${this.url}/${item.dataset.sequence}`;
    const answer = await (button.dataset.action === "drop" ? fetch(one, { method: "DELETE" }) : fetch(`${one}/retry`, { method: "POST" })).catch(() => null);
    delete button.dataset.busy;
    if (answer?.ok) return;
    const body = await answer?.json().catch(() => null);
    const what = button.dataset.action === "drop" ? "This was not taken back." : "This was not tried again.";
    this.board.page.note([what], answer ? why(body) : "The service cannot be reached. Try again in a moment.");
  }
}

function newItem(sequence) {
  const item = element("li");
  item.dataset.sequence = sequence;
  const text = element("div");
  text.append(element("strong"), element("span"));
  item.append(text);
  for (const [action, label] of [["retry", "Try now"], ["drop", "Take back"]]) {
    const button = element("button", "", label);
    button.type = "button";
    button.dataset.action = action;
    item.append(button);
  }
  return item;
}
