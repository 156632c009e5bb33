/**
 * Parses Server-Sent Events from a text that arrives in pieces.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseParser {
  #rest = "";
  #name = "";
  #data = [];
  #id;

  /** Returns the events that this piece completes: `{ id, name, data }`. `id` is undefined until the first id. */
  push(text) {
    // A carriage return at the end may be the first half of a line end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    const events = [];
    for (const line of lines) {
      if (line === "") {
        this.#dispatch(events);
      } else {
        this.#readLine(line);
      }
    }
    return events;
  }

  #readLine(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") {
      this.#data.push(value);
    } else if (name === "event") {
      this.#name = value;
    } else if (name === "id" && !value.includes("\0")) {
      this.#id = value;
    }
  }

  #dispatch(events) {
    if (this.#data.length > 0) {
      events.push({ id: this.#id, name: this.#name || "message", data: this.#data.join("\n") });
    }
    this.#name = "";
    this.#data = [];
  }
}
