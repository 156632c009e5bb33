/** The section of streams: sends a prompt, shows the answer while it is streamed, and watches other streams. */

import { connectionText, download, events, getWithRetries, post, remove } from "./api.js";
import { panes } from "./collection.js";
import { announce, checkbox, chip, count, facts, field, fill, h, number, pause, problem, save, seconds, time } from "./dom.js";
import { MessageView, reason, usageFacts } from "./message-view.js";
import { Message } from "./message.js";
import { maxTokensField, modelField, submitOnEnter, systemField } from "./request-form.js";

const SAMPLE_TOOL = {
  name: "weather",
  description: "The current weather in a city.",
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
/** The smallest budget that Claude accepts. */
const THINKING_BUDGET = 1024;
/** Raw events that are stored for display. */
const MAX_RAW_EVENTS = 1_000;
const SHOWN_RAW = 200;
const MAX_RAW_LENGTH = 2_000;
const UPDATE_INTERVAL = 250;

/** Milliseconds of streaming below which no speed is shown. */
const MIN_SPEED_TIME = 100;
const MAX_PROMPTS = 100;
/** Milliseconds without an event after which the view says so. */
const SILENCE_NOTICE = 5_000;

/** The prompts of streams that this tab started, with their times. The server does not store prompts. */
const sentPrompts = new Map();

function remember(id, prompt, sent) {
  sentPrompts.set(id, { prompt, sent, isWatched: false, timing: null, speed: null });
  if (sentPrompts.size > MAX_PROMPTS) {
    sentPrompts.delete(sentPrompts.keys().next().value);
  }
}

export function streams(main, signal) {
  const answer = h("section", { class: "answer", "aria-label": "Answer" });
  return panes(main, signal, {
    list: {
      title: "Streams", path: "streams",
      empty: "No streams yet. Send a prompt, or start a stream with POST /v1/streams.",
      show: (stream) => [
        h("span", { class: "line" }, chip(stream.status), " ", time(stream.created_at)),
        h("small", {}, `${stream.id.slice(0, 18)}… · ${count(stream.events, "event")}${stream.subscribers ? ` · ${stream.subscribers} watching` : ""}`),
      ],
    },
    content: h("div", {}, composer(signal), answer),
    show(id, shown, refresh) {
      if (id) {
        new StreamView(id, answer, shown, refresh).run();
      } else {
        fill(answer, h("p", { class: "empty" }, "The answer appears here while it is streamed. Each stream has its own link, which others can open while it runs."));
      }
    },
  });
}

function composer(signal) {
  const prompt = h("textarea", { rows: 4, required: true, placeholder: "Write a haiku about code." });
  const model = modelField();
  const maxTokens = maxTokensField();
  const system = systemField();
  const thinking = h("select", { onchange: () => maxTokens.requireMoreThan(thinking.value === "enabled" ? THINKING_BUDGET : 0) },
    h("option", { value: "" }, "off"), h("option", { value: "adaptive" }, "adaptive"), h("option", { value: "enabled" }, "1,024 tokens (models up to 4.6)"));
  const tool = h("input", {});
  const sampleDocument = h("input", {});
  const failure = h("div", {});
  const send = h("button", { class: "primary" }, "Send");
  const form = h("form", { class: "card composer", onsubmit: submit, oninput: () => fill(failure) },
    field("Prompt", prompt),
    h("div", { class: "row" }, model.element, maxTokens.element, field("Thinking", thinking)),
    h("details", {}, h("summary", {}, "System prompt, sample tool and document"),
      system.element,
      checkbox("Sample tool: ask for the weather in a city", tool),
      checkbox("Sample document to cite: ask for the opening hours", sampleDocument)),
    h("div", { class: "actions" }, send, h("small", { class: "shortcut" }, "Ctrl + Enter")), failure);
  submitOnEnter(prompt, form);

  function body() {
    const text = prompt.value;
    return {
      model: model.value(),
      max_tokens: maxTokens.value(),
      system: system.value(),
      messages: [{ role: "user", content: sampleDocument.checked ? [SAMPLE_DOCUMENT, { type: "text", text }] : text }],
      tools: tool.checked ? [SAMPLE_TOOL] : undefined,
      thinking: { adaptive: { type: "adaptive", display: "summarized" }, enabled: { type: "enabled", budget_tokens: THINKING_BUDGET } }[thinking.value],
    };
  }

  async function submit(event) {
    event.preventDefault();
    fill(failure);
    send.disabled = true;
    try {
      const sent = performance.now();
      const stream = await post("v1/streams", { json: body() });
      remember(stream.id, prompt.value, sent);
      if (signal.aborted) {
        return;
      }
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

/** The view of one stream, from its first event, and live. */
class StreamView {
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
  #save = h("button", { type: "button", onclick: () => this.#download() }, "Download events");
  #events = h("div", {}, this.#rawDetails, h("div", { class: "actions" }, this.#save));
  #stop = h("button", { type: "button", onclick: () => this.#cancel() }, "Stop");
  #timer = null;
  #created = null;
  #lastEvent = performance.now();
  #isLost = false;
  /** When the prompt was sent, if the stream is watched for the first time. A replay has no meaningful times. */
  #sent = null;

  /** @param onchange is called when the stream has ended */
  constructor(id, element, signal, onchange) {
    this.#id = id;
    this.#signal = signal;
    this.#onchange = onchange;
    const here = `${location.origin}${location.pathname}#/streams/${id}`;
    const copy = h("button", { type: "button", onclick: async () => {
      try {
        await navigator.clipboard.writeText(here);
        copy.textContent = "Link copied";
      } catch {
        copy.textContent = "Copy this page's address";
      }
      announce(copy.textContent);
    } }, "Copy link");
    const sentPrompt = sentPrompts.get(id);
    const prompt = sentPrompt?.prompt;
    if (sentPrompt && !sentPrompt.isWatched) {
      sentPrompt.isWatched = true;
      this.#sent = sentPrompt.sent;
    }
    fill(element, h("div", { class: "card" }, h("h2", { class: "visually-hidden" }, "Answer"),
      h("header", { class: "bar" }, this.#status, h("a", { class: "id", href: `#/streams/${id}` }, id), this.#connection,
        h("span", { class: "actions" }, this.#stop, copy)),
      prompt && h("blockquote", { class: "sent-prompt" }, prompt),
      this.#failure, this.#view.element, this.#facts, this.#events));
  }

  async run() {
    const path = `v1/streams/${encodeURIComponent(this.#id)}`;
    const isLast = (event) => event.name === "message_stop" || event.name === "error";
    const onconnection = (interruption) => {
      this.#isLost = interruption !== null;
      this.#connection.textContent = connectionText(interruption);
    };
    const waiting = { signal: this.#signal, onconnection };
    try {
      this.#showState(await getWithRetries(path, waiting));
      this.#reportSilence();
      for await (const event of events(path, { ...waiting, isLast })) {
        this.#accept(event);
      }
      this.#showState(await getWithRetries(path, waiting));
      this.#onchange();
    } catch (error) {
      if (!this.#signal.aborted) {
        this.#showFailure(error);
      }
    }
  }

  /** Shows the state of the stream. `stream` is its JSON. */
  #showState(stream) {
    this.#created = stream.created_at;
    fill(this.#status, chip(stream.status));
    this.#stop.hidden = stream.status !== "running";
    if (stream.status === "canceled") {
      fill(this.#failure, h("p", { class: "note", role: "status" }, "Stopped. The text received so far is below."));
    }
    this.#message.reject(stream.unparsed_tool_inputs ?? []).forEach((block) => this.#view.touch(block));
    this.#update();
  }

  #showFailure(error) {
    fill(this.#failure, problem(error), error.status === 404 && h("p", {},
      "Streams are kept for ten minutes after their end, in the memory of the server that ran them. Only the caller that started a stream and admins can see it."));
    fill(this.#status);
    this.#stop.hidden = true;
    this.#events.hidden = this.#count === 0;
  }

  /** Reports how long no event has arrived, so that a user can distinguish a slow stream from one that is stuck. */
  async #reportSilence() {
    while (!this.#signal.aborted && !this.#message.hasEnded) {
      await pause(1_000, this.#signal);
      const silence = performance.now() - this.#lastEvent;
      if (!this.#isLost && !this.#message.hasEnded) {
        this.#connection.textContent = silence > SILENCE_NOTICE ? `No event received for ${seconds(silence)}` : "";
      }
    }
    this.#connection.textContent = "";
  }

  #accept(event) {
    this.#lastEvent = performance.now();
    this.#count++;
    this.#raw.push({ number: event.id, name: event.name, data: event.data });
    if (this.#raw.length > 2 * MAX_RAW_EVENTS) {
      this.#raw.splice(0, MAX_RAW_EVENTS);
    }
    const data = parsed(event.data);
    const block = data && this.#message.accept(data);
    if (data?.type === "content_block_delta") {
      this.#firstDelta ??= performance.now();
    }
    if (block) {
      this.#view.touch(block);
    }
    if (this.#message.hasEnded) {
      this.#finish();
    } else {
      this.#timer ??= setTimeout(() => this.#update(), UPDATE_INTERVAL);
    }
  }

  #finish() {
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
    const usage = this.#message.usage;
    const details = this.#message.stopDetails;
    const isWhole = this.#message.hasEnded && !this.#message.error;
    const streaming = isWhole && endedAt && this.#sent && this.#firstDelta ? endedAt - this.#firstDelta : null;
    const measured = sentPrompts.get(this.#id) ?? {};
    measured.timing ??= this.#sent && this.#firstDelta ? seconds(this.#firstDelta - this.#sent) : null;
    measured.speed ??= streaming > MIN_SPEED_TIME && usage?.output_tokens ? `${number(Math.round(usage.output_tokens / (streaming / 1000)))} tokens/s` : null;
    fill(this.#facts, facts([
      ["Model", this.#message.model],
      ["Started", this.#created && time(this.#created)],
      ["Stop reason", reason(this.#message.stopReason)],
      ["Refusal", details?.category && `${details.category}${details.explanation ? `: ${details.explanation}` : ""}`],
      ["Time to first token", measured.timing],
      ["Speed", measured.speed],
      // The counts at the beginning of a message are not final.
      ...usageFacts(usage, isWhole),
      ["Events", number(this.#count)],
    ]));
    this.#showRaw();
  }

  #showRaw() {
    if (!this.#rawDetails.open) {
      return;
    }
    const shown = this.#raw.slice(-SHOWN_RAW);
    this.#rawNote.textContent = this.#count > shown.length ? `The last ${shown.length} of ${number(this.#count)} events. The download has all of them.` : "";
    fill(this.#rawList, shown.map((event) => h("li", {}, h("span", { class: "number" }, event.number), " ", h("b", {}, event.name), " ",
      h("code", {}, event.data.length > MAX_RAW_LENGTH ? `${event.data.slice(0, MAX_RAW_LENGTH)} … (${number(event.data.length)} characters)` : event.data))));
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

  /** Saves all events as they are on the wire. The download of a running stream completes when the stream ends. */
  async #download() {
    this.#save.disabled = true;
    try {
      save(await download(`v1/streams/${encodeURIComponent(this.#id)}`, { accept: "text/event-stream", signal: this.#signal }), `${this.#id}.sse`);
    } catch (error) {
      fill(this.#failure, !this.#signal.aborted && problem(error));
    } finally {
      this.#save.disabled = false;
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
