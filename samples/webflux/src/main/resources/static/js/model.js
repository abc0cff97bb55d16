/**
 * What the page shows: the records as the service sent them, and on top of them this window's edits that are not settled.
 * Knows nothing of the network or of the document.
 */
export class Model extends EventTarget {
  constructor() {
    super();
    this.project = null;
    this.held = new Map(); // id → { record, version, stream, sending }: what the service sent
    this.edits = new Map(); // id → [edit, …]: what this window wrote and nobody has answered, oldest first
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
      // A write of the service's own shows twice: when it is made, and with a new version when the server has it.
      const made = event.origin === "LOCAL" && before !== undefined && event.version === before.version;
      this.held.set(event.id, {
        record: event.record,
        version: event.version,
        stream: this.stream,
        sending: event.version < 1 || made || (event.origin === "STORED" && Boolean(before?.sending) && before.version === event.version),
      });
    }
    if (event.origin === "ROLLBACK") {
      this.mark(event.id, "refused");
    } else if (before?.sending && !this.held.get(event.id)?.sending) {
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
    } else if (record) {
      this.held.set(edit.id, {
        record: { ...before?.record, ...record },
        version: before?.version ?? 0,
        stream: this.stream,
        sending: queued,
      });
    }
    if (!queued) {
      this.mark(edit.id, refused ? "refused" : "confirmed");
    }
    this.changed(edit.id);
  }

  /** The task as it is shown, or null: `{ id, title, …, state }` where state is "pending", "confirmed", "refused" or "". */
  task(id) {
    const held = this.held.get(id);
    const edits = this.edits.get(id);
    if (!edits) {
      return held ? { ...held.record, id, state: held.sending ? "pending" : this.marks.get(id) ?? "" } : null;
    }
    let shown = held ? held.record : null;
    for (const edit of edits) {
      shown = edit.kind === "delete" ? null : edit.kind === "create" || shown ? { ...shown, ...edit.fields } : null;
    }
    return shown && { ...shown, id, state: "pending" };
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
    return { ...held.record, id, state: held.sending ? "pending" : "" };
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
