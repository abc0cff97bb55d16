import { randomId } from "./text.js";

const RETRY_MS = 500;

/**
 * The filter above the columns: the service looks for its text, and tells over the stream of the board which tasks have it, and what changes of
 * that. Another text is another query of the stream that is open; a stream that comes back begins with the text as it is then.
 */
export class Search {
  constructor(projectId, board, input) {
    this.board = board;
    this.input = input;
    this.stream = randomId();
    this.url = `api/projects/${encodeURIComponent(projectId)}/events/${this.stream}`;
    this.sent = ""; // The text that the service looks for, as far as it was told.
    this.answered = ""; // The text of which the service told last which tasks have it.
    this.ids = null; // Those.
    this.shown = null; // What the columns show; null for everything.
    this.line = false;
    this.sending = false;
    this.show();
  }

  /** What is looked for. Half a character cannot be sent. */
  text() {
    return this.input.value.trim().slice(0, this.input.maxLength).replace(/\p{Surrogate}/gu, "");
  }

  /** What is asked for in the address of the stream. */
  asked() {
    this.sent = this.text();
    return `stream=${this.stream}&text=${encodeURIComponent(this.sent)}`;
  }

  opened() {
    this.line = true;
    this.send();
  }

  lost() {
    this.line = false;
  }

  /** Somebody typed. */
  changed() {
    this.show();
    this.send();
  }

  /** Takes a "found" event. */
  found({ text, whole, came, left }) {
    if (whole) {
      this.ids = new Set();
      this.answered = text;
    }
    for (const id of left) this.ids.delete(id);
    for (const id of came) this.ids.add(id);
    this.show();
  }

  /** What is shown stays until the service has answered; without a text there is nothing to wait for. */
  show() {
    const text = this.text();
    if (!text) this.shown = null;
    else if (text === this.answered) this.shown = this.ids;
    this.input.setAttribute("aria-busy", this.waits());
    this.board.draw();
  }

  /** Whether the columns show a task. What this window wrote and nobody has answered is seen in any case. */
  shows(id) {
    return this.shown === null || this.shown.has(id) || this.board.model.edits.has(id);
  }

  /** Whether somebody waits for an answer. */
  waits() {
    return this.text() !== "" && this.text() !== this.answered;
  }

  /** Asks for the text as it is now: one after another, so that the last one is what is looked for. */
  async send() {
    if (this.sending || this.sent === this.text() || !this.line) return;
    this.sending = true;
    const text = this.text();
    const answer = await fetch(this.url, {
      method: "PUT",
      body: JSON.stringify({ text }),
      headers: { "Content-Type": "application/json" },
    }).catch(() => null);
    if (answer?.ok) this.sent = text;
    else await new Promise((done) => setTimeout(done, RETRY_MS));
    this.sending = false;
    this.send();
  }

  close() {
    this.line = false;
  }
}
