import { why } from "./words.js";

const RETRY_MS = 1500;

/**
 * Sends this window's edits: one after another for each task, different tasks at once. What cannot be sent now is kept, over a
 * reload too, and sent when the service can be reached.
 */
export class Outbox {
  constructor(projectId, model, refused) {
    this.url = `api/projects/${encodeURIComponent(projectId)}/tasks`;
    this.key = `outbox:${projectId}`;
    this.model = model;
    this.refused = refused;
    this.waiting = [];
    this.busy = new Set();
    this.closed = false;
    this.wake = () => this.pump();
    window.addEventListener("online", this.wake);
    for (const edit of JSON.parse(sessionStorage.getItem(this.key) ?? "[]")) {
      this.add({ ...edit, tried: true, told: false });
    }
  }

  /** Shows an edit and sends it: `{ kind: "create" | "update" | "delete", id, fields }`. */
  add(edit) {
    // The one that its note names. What an update writes is not what the task was called.
    edit.title ??= this.model.task(edit.id)?.title ?? (edit.kind === "create" ? edit.fields.title : null);
    this.waiting.push(edit);
    this.save();
    this.model.edit(edit);
    this.pump();
  }

  /** Sends what can be sent. */
  pump() {
    for (const edit of this.waiting) {
      if (!this.busy.has(edit.id) && !this.closed) {
        this.busy.add(edit.id);
        this.send(edit).then((done) => {
          this.busy.delete(edit.id);
          if (done) {
            this.waiting = this.waiting.filter((each) => each !== edit);
            this.save();
            this.pump();
          } else {
            setTimeout(this.wake, RETRY_MS);
          }
        });
      }
    }
  }

  async send(edit) {
    const one = `${this.url}/${encodeURIComponent(edit.id)}`;
    const request = {
      create: () => [this.url, "POST", { id: edit.id, title: edit.fields.title, status: edit.fields.status }],
      update: () => [one, "PATCH", edit.fields],
      delete: () => [one, "DELETE", undefined],
    };
    const [url, method, body] = request[edit.kind]();
    let answer;
    let content = null;
    try {
      answer = await fetch(url, {
        method,
        body: body && JSON.stringify(body),
        headers: body ? { "Content-Type": "application/json" } : {},
      });
      const text = await answer.text();
      if (text) content = JSON.parse(text);
    } catch {
      edit.tried = true; // It may have arrived; its id tells when it is sent again.
      return false;
    }
    if (answer.ok) {
      this.model.settle(edit, { record: content, queued: answer.status === 202 });
      return true;
    }
    if (answer.status === 429 || answer.status >= 500) {
      edit.tried = true;
      return false;
    }
    const doneBefore =
      edit.tried && ((answer.status === 409 && edit.kind === "create" && this.model.held.has(edit.id)) || (answer.status === 404 && edit.kind === "delete"));
    this.model.settle(edit, { refused: !doneBefore });
    if (!doneBefore) {
      this.refused({ ...edit, title: this.model.calledBefore(edit.id, edit.title) }, why(content));
    }
    return true;
  }

  save() {
    sessionStorage.setItem(this.key, JSON.stringify(this.waiting));
  }

  close() {
    this.closed = true;
    window.removeEventListener("online", this.wake);
  }
}
