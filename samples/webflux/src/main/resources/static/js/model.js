/**
 * What the page shows: the records as the service sent them, and on top of them this window's edits that are not settled.
 * Knows nothing of the network or of the document.
 */
export class Model extends EventTarget {
  constructor() {
    super();
    this.project = null;
    this.held = new Map(); // id → { record, stream, pending }: what the service sent; pending until the broker's server has it
    this.edits = new Map(); // id → [edit, …]: what this window wrote and nobody has answered, oldest first
    this.titles = new Map(); // id → the last title that was settled: what a task is called that is gone, or whose new title was refused
    this.marks = new Map(); // id → "confirmed" | "refused": what just happened, shown for a moment
    this.stream = 0;
  }

  /** A new stream begins; it will send everything that is there. */
  begin() {
    this.stream++;
  }

  /** Takes a "record" event. */
  apply(event) {
    if (event.entity === "project") {
      this.project = event.operation === "DELETED" ? null : event.record;
      this.changed(null);
      return;
    }
    const before = this.held.get(event.id);
    if (event.operation === "DELETED") {
      this.held.delete(event.id);
    } else {
      this.held.set(event.id, { record: event.record, stream: this.stream, pending: event.pending });
      if (!event.pending) this.titles.set(event.id, event.record.title);
    }
    for (const edit of this.edits.get(event.id) ?? []) edit.told = true;
    if (event.origin === "ROLLBACK") {
      this.mark(event.id, "refused");
    } else if (before?.pending && !event.pending) {
      this.mark(event.id, "confirmed");
    }
    this.changed(event.id);
  }

  /** Takes a "held" event: what an earlier stream sent and the service does not hold any more went away meanwhile. */
  keepOnly(ids) {
    const there = new Set(ids);
    for (const [id, task] of this.held) {
      if (task.stream < this.stream && !there.has(id)) {
        this.held.delete(id);
      }
    }
    this.changed(null);
  }

  /** Shows an edit at once; it stays on top until settled. */
  edit(edit) {
    const waiting = this.edits.get(edit.id) ?? [];
    this.edits.set(edit.id, [...waiting, edit]);
    this.marks.delete(edit.id);
    this.changed(edit.id);
  }

  /** An edit was answered. `record` is the task with it, if the answer had one; `queued` says that the service still has to send it. */
  settle(edit, { record = null, queued = false, refused = false }) {
    const rest = (this.edits.get(edit.id) ?? []).filter((each) => each !== edit);
    rest.length ? this.edits.set(edit.id, rest) : this.edits.delete(edit.id);
    const before = this.held.get(edit.id);
    if (!refused && edit.kind === "delete") {
      this.held.delete(edit.id);
    } else if (record && !edit.told) {
      // What the stream said since the edit was made is newer than the answer, and what it has still to say is, too.
      this.held.set(edit.id, { record: { ...before?.record, ...record }, stream: before?.stream ?? 0, pending: queued });
    }
    if (record && !queued) this.titles.set(edit.id, record.title);
    if (refused) {
      this.mark(edit.id, "refused");
    } else if (!this.held.get(edit.id)?.pending) {
      this.mark(edit.id, "confirmed");
    }
    this.changed(edit.id);
  }

  /** The task as it is shown, or null: `{ id, title, …, state }` where state is "pending", "confirmed", "refused" or "". */
  task(id) {
    const held = this.held.get(id);
    const edits = this.edits.get(id);
    if (!edits) {
      return held ? { ...held.record, id, state: held.pending ? "pending" : this.marks.get(id) ?? "" } : null;
    }
    let shown = held ? held.record : null;
    for (const edit of edits) {
      shown = edit.kind === "delete" ? null : edit.kind === "create" || shown ? { ...shown, ...edit.fields } : null;
    }
    return shown && { ...shown, id, state: "pending" };
  }

  /** What a task is called that an edit of it was refused for, as far as anybody knows. */
  calledBefore(id, told) {
    return this.titles.get(id) ?? told ?? null;
  }

  /** All tasks as they are shown. */
  tasks() {
    const all = [];
    for (const id of this.held.keys()) {
      const task = this.edits.size || this.marks.size ? this.task(id) : this.plain(id);
      if (task) all.push(task);
    }
    for (const id of this.edits.keys()) {
      const task = this.held.has(id) ? null : this.task(id);
      if (task) all.push(task);
    }
    return all;
  }

  plain(id) {
    const held = this.held.get(id);
    return { ...held.record, id, state: held.pending ? "pending" : "" };
  }

  mark(id, mark) {
    this.marks.set(id, mark);
    setTimeout(() => {
      if (this.marks.get(id) === mark && this.marks.delete(id)) this.changed(id);
    }, mark === "refused" ? 6000 : 1500);
  }

  changed(id) {
    this.dispatchEvent(new CustomEvent("change", { detail: id }));
  }
}
