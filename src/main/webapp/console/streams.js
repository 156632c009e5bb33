/** Streams: ask, see the answer come, watch any other. */

import { call, events, get, post, remove } from "./api.js";
import { Collection } from "./collection.js";
import { announce, checkbox, chip, count, facts, field, fill, h, number, problem, save, seconds, time } from "./dom.js";
import { MessageView, reason, usageFacts } from "./message-view.js";
import { Message } from "./message.js";
import { maxTokensField, modelField, sendsOnEnter, systemField } from "./request-form.js";

const SAMPLE_TOOL = {
  name: "weather",
  description: "The weather in a city at present.",
  input_schema: {
    type: "object",
    properties: { city: { type: "string", description: "The city, as in: Jakarta" }, unit: { type: "string", enum: ["celsius", "fahrenheit"] } },
    required: ["city"],
  },
};
const SAMPLE_DOCUMENT = {
  type: "document",
  title: "Opening hours",
  source: {
    type: "text",
    media_type: "text/plain",
    data: "The counter opens at nine in the morning. It closes at five in the afternoon. On Fridays it closes at noon.",
  },
  citations: { enabled: true },
};
/** Of raw events that are kept to be shown. */
const MOST_RAW = 1_000;
const SHOWN_RAW = 200;
const LONGEST_RAW = 2_000;
const BETWEEN_UPDATES = 250;

/** When those streams were asked for that were begun in this tab. */
const sentAt = new Map();

export function streams(main, signal) {
  const answer = h("section", { class: "answer", "aria-label": "Answer" });
  const list = new Collection({
    title: "Streams", path: "streams", signal,
    empty: "No streams yet. Send a prompt, or start one from elsewhere with POST /v1/streams.",
    show: (stream) => [
      h("span", { class: "line" }, chip(stream.status), " ", time(stream.created_at)),
      h("small", {}, `${stream.id.slice(0, 18)}… · ${count(stream.events, "event")}${stream.subscribers ? ` · ${stream.subscribers} watching` : ""}`),
    ],
  });
  fill(main, h("div", { class: "panes" }, h("div", {}, composer(), answer), list.element));
  let watched = new AbortController();
  signal.addEventListener("abort", () => watched.abort());
  return {
    title: "Streams",
    show(id) {
      watched.abort();
      watched = new AbortController();
      list.select(id);
      if (id) {
        new Watched(id, answer, watched.signal, () => list.refresh()).run();
      } else {
        fill(answer, h("p", { class: "empty" }, "The answer appears here as it is streamed. Each has a link of its own, which others can open while it runs."));
      }
      list.refresh();
    },
  };
}

function composer() {
  const prompt = h("textarea", { rows: 4, required: true, placeholder: "Write a haiku about code." });
  const model = modelField();
  const maxTokens = maxTokensField();
  const system = systemField();
  const thinking = h("select", {},
    h("option", { value: "" }, "off"), h("option", { value: "adaptive" }, "adaptive"), h("option", { value: "enabled" }, "1,024 tokens (models up to 4.6)"));
  const tool = h("input", {});
  const sampleDocument = h("input", {});
  const failure = h("div", {});
  const send = h("button", { class: "primary" }, "Send");
  const form = h("form", { class: "card composer", onsubmit: submit },
    field("Prompt", prompt),
    h("div", { class: "row" }, model.element, maxTokens.element, field("Thinking", thinking)),
    h("details", {}, h("summary", {}, "System prompt, sample tool and document"),
      system.element,
      checkbox("Sample tool: ask for the weather in a city", tool),
      checkbox("Sample document to cite: ask for the opening hours", sampleDocument)),
    h("div", { class: "actions" }, send, h("small", { class: "muted" }, "Ctrl + Enter")), failure);
  sendsOnEnter(prompt, form);

  function body() {
    const text = prompt.value;
    return {
      model: model.value(),
      max_tokens: maxTokens.value(),
      system: system.value(),
      messages: [{ role: "user", content: sampleDocument.checked ? [SAMPLE_DOCUMENT, { type: "text", text }] : text }],
      tools: tool.checked ? [SAMPLE_TOOL] : undefined,
      thinking: { adaptive: { type: "adaptive", display: "summarized" }, enabled: { type: "enabled", budget_tokens: 1024 } }[thinking.value],
    };
  }

  async function submit(event) {
    event.preventDefault();
    fill(failure);
    send.disabled = true;
    try {
      const sent = performance.now();
      const stream = await post("v1/streams", { json: body() });
      sentAt.set(stream.id, sent);
      location.hash = `#/streams/${stream.id}`;
      form.nextElementSibling.scrollIntoView({ block: "nearest" });
    } catch (error) {
      fill(failure, problem(error));
    } finally {
      send.disabled = false;
    }
  }
  return form;
}

/** One stream, from its beginning, and live. */
class Watched {
  #id;
  #signal;
  #onchange;
  #message = new Message();
  #view = new MessageView(this.#message);
  #count = 0;
  #raw = [];
  #firstDelta = null;
  #status = h("span", { class: "status" }, chip("running"));
  #connection = h("span", { class: "connection", role: "status" });
  #facts = h("div", {});
  #failure = h("div", {});
  #rawList = h("ol", { class: "raw" });
  #rawNote = h("p", { class: "muted" });
  #rawDetails = h("details", { class: "raw-events", ontoggle: () => this.#showRaw() },
    h("summary", {}, "Raw events"), this.#rawNote, h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Raw events" }, this.#rawList));
  #stop = h("button", { type: "button", onclick: () => this.#cancel() }, "Stop");
  #timer = null;
  #created = null;
  #timing = null;
  #speed = null;

  /** @param onchange is called when it has ended */
  constructor(id, element, signal, onchange) {
    this.#id = id;
    this.#signal = signal;
    this.#onchange = onchange;
    const here = `${location.origin}${location.pathname}#/streams/${id}`;
    const copy = h("button", { type: "button", onclick: async () => {
      await navigator.clipboard?.writeText(here).catch(() => {});
      announce("The link is copied");
      copy.textContent = "Copied";
    } }, "Copy link");
    fill(element, h("div", { class: "card" }, h("h2", { class: "unseen" }, "Answer"),
      h("header", { class: "bar" }, this.#status, h("a", { class: "id", href: `#/streams/${id}` }, id), this.#connection,
        h("span", { class: "actions" }, this.#stop, copy)),
      this.#failure, this.#view.element, this.#facts, this.#rawDetails,
      h("div", { class: "actions" }, h("button", { type: "button", onclick: () => this.#download() }, "Download events"))));
  }

  async run() {
    const path = `v1/streams/${encodeURIComponent(this.#id)}`;
    const isLast = (event) => event.name === "message_stop" || event.name === "error";
    const onconnection = (state) => {
      this.#connection.textContent = state === "lost" ? "The connection is lost; it is taken up again …" : "";
    };
    try {
      this.#stands(await get(path, { signal: this.#signal }));
      for await (const event of events(path, { signal: this.#signal, isLast, onconnection })) {
        this.#take(event);
      }
      this.#stands(await get(path, { signal: this.#signal }));
      this.#onchange();
    } catch (error) {
      if (!this.#signal.aborted) {
        this.#gone(error);
      }
    }
  }

  /** @param stream its JSON */
  #stands(stream) {
    this.#created = stream.created_at;
    fill(this.#status, chip(stream.status));
    this.#stop.hidden = stream.status !== "running";
    if (stream.status === "canceled") {
      fill(this.#failure, h("p", { class: "note", role: "status" }, "Stopped. What had come until then is below."));
    }
    this.#update();
  }

  #gone(error) {
    fill(this.#failure, problem(error), error.status === 404 && h("p", {},
      "Streams are kept for ten minutes after their end, in the memory of the server that ran them, for whoever began them."));
    fill(this.#status);
    this.#stop.hidden = true;
  }

  #take(event) {
    this.#count++;
    this.#raw.push({ number: event.id, name: event.name, data: event.data });
    if (this.#raw.length > 2 * MOST_RAW) {
      this.#raw.splice(0, MOST_RAW);
    }
    const data = parsed(event.data);
    const block = data && this.#message.accept(data);
    if (data?.type === "content_block_delta") {
      this.#firstDelta ??= performance.now();
    }
    if (block) {
      this.#view.touch(block);
    }
    if (this.#message.isOver) {
      this.#end();
    } else {
      this.#timer ??= setTimeout(() => this.#update(), BETWEEN_UPDATES);
    }
  }

  #end() {
    this.#view.update();
    this.#update(performance.now());
    if (this.#message.error) {
      fill(this.#failure, problem(this.#message.error));
    } else {
      announce("The answer is complete");
    }
  }

  #update(endedAt) {
    clearTimeout(this.#timer);
    this.#timer = null;
    const sent = sentAt.get(this.#id);
    const usage = this.#message.usage;
    const details = this.#message.stopDetails;
    const streaming = endedAt && sent && this.#firstDelta ? endedAt - this.#firstDelta : null;
    this.#timing ??= sent && this.#firstDelta ? seconds(this.#firstDelta - sent) : null;
    this.#speed ??= streaming && usage?.output_tokens ? `${number(Math.round(usage.output_tokens / Math.max(0.001, streaming / 1000)))} tokens/s` : null;
    fill(this.#facts, facts([
      ["Model", this.#message.model],
      ["Begun", this.#created && time(this.#created)],
      ["Stop reason", reason(this.#message.stopReason)],
      ["Refused because of", details?.category && `${details.category}${details.explanation ? `: ${details.explanation}` : ""}`],
      ["Time to first token", this.#timing],
      ["Speed", this.#speed],
      ...usageFacts(usage),
      ["Events", number(this.#count)],
    ]));
    this.#showRaw();
  }

  #showRaw() {
    if (!this.#rawDetails.open) {
      return;
    }
    const shown = this.#raw.slice(-SHOWN_RAW);
    this.#rawNote.textContent = this.#count > shown.length ? `The last ${shown.length} of ${number(this.#count)}; all of them are in the download.` : "";
    fill(this.#rawList, shown.map((event) => h("li", {}, h("span", { class: "number" }, event.number), " ", h("b", {}, event.name), " ",
      h("code", {}, event.data.length > LONGEST_RAW ? `${event.data.slice(0, LONGEST_RAW)} … (${number(event.data.length)} characters)` : event.data))));
  }

  async #cancel() {
    this.#stop.disabled = true;
    try {
      await remove(`v1/streams/${encodeURIComponent(this.#id)}`);
    } catch (error) {
      fill(this.#failure, problem(error));
      this.#stop.disabled = false;
    }
  }

  /** As they are on the wire, from the first to the last; of a stream that runs, once it has ended. */
  async #download() {
    try {
      const response = await call(`v1/streams/${encodeURIComponent(this.#id)}`, { accept: "text/event-stream" });
      save(await response.blob(), `${this.#id}.sse`);
    } catch (error) {
      fill(this.#failure, problem(error));
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
