/** Shows a message while it is streamed. The view is updated up to 20 times a second, however many events arrive. */

import { h, number, problem } from "./dom.js";
import { isSafeLink, link, MarkdownText } from "./markdown.js";
import { Message } from "./message.js";

const UPDATE_INTERVAL = 50;

export class MessageView {
  #message;
  #changed = new Set();
  #parts = new Map();
  /** The last part. Consecutive text blocks share one part, because a citation splits a sentence into blocks. */
  #lastPart = null;
  #sources = [];
  #references = h("ol", { class: "references", "aria-label": "Sources" });
  #timer = null;
  #isFinished = false;

  /** @param message a Message, which receives its events elsewhere */
  constructor(message) {
    this.#message = message;
    this.element = h("div", { class: "message" });
  }

  /** Schedules an update of a block that has changed. */
  touch(block) {
    this.#changed.add(block);
    this.#timer ??= setTimeout(() => this.update(), UPDATE_INTERVAL);
  }

  update() {
    clearTimeout(this.#timer);
    this.#timer = null;
    for (const block of this.#changed) {
      this.#part(block).update(block, this.#message.hasEnded);
    }
    this.#changed.clear();
    if (this.#message.hasEnded && !this.#isFinished) {
      this.#isFinished = true;
      this.#message.blocks.forEach((block) => this.#part(block).update(block, true));
      this.#parts.forEach((part) => part.finish?.());
      if (this.#sources.length > 0) {
        this.element.append(h("h3", {}, "Sources"), this.#references);
      }
    }
  }

  #part(block) {
    let part = this.#parts.get(block);
    if (!part) {
      part = block.type === "text" && this.#lastPart instanceof TextPart ? this.#lastPart : partFor(block, (citation) => this.#cite(citation));
      this.#parts.set(block, part);
      if (part !== this.#lastPart) {
        this.#lastPart?.finish?.();
        this.element.append(part.element);
      }
      this.#lastPart = part;
    }
    return part;
  }

  /** The number of a source, which is the same for all its citations. */
  #cite(citation) {
    const source = citation.url ?? citation.source ?? citation.document_title ?? `Document ${(citation.document_index ?? 0) + 1}`;
    let index = this.#sources.indexOf(source);
    if (index < 0) {
      index = this.#sources.push(source) - 1;
      this.#references.append(h("li", {}, isSafeLink(citation.url) ? link(citation.url, citation.title ?? citation.url) : citation.title ?? source, h("ul")));
    }
    if (citation.cited_text) {
      this.#references.children[index].querySelector("ul").append(h("li", {}, h("q", {}, citation.cited_text)));
    }
    return index + 1;
  }
}

function partFor(block, cite) {
  switch (block.type) {
    case "text":
      return new TextPart(cite);
    case "thinking":
      return new ThinkingPart();
    case "redacted_thinking":
      return new NotePart("Redacted thinking (encrypted)");
    default:
      return block.isToolCall ? new ToolPart(block) : new OtherPart(block);
  }
}

class TextPart {
  #text = new MarkdownText();
  #shown = new Map();
  #cite;
  element = this.#text.element;

  constructor(cite) {
    this.#cite = cite;
  }

  update(block, hasEnded) {
    const before = this.#shown.get(block) ?? { text: 0, citations: 0 };
    this.#text.append(block.text.slice(before.text));
    let citations = before.citations;
    // Citations are shown after the text that they refer to, which may arrive after them.
    if (!block.isOpen || hasEnded) {
      for (const citation of block.citations.slice(citations)) {
        const mark = this.#cite(citation);
        this.#text.appendMark(() => h("sup", { class: "citation", title: citation.cited_text },
          isSafeLink(citation.url) ? link(citation.url, `[${mark}]`) : `[${mark}]`));
      }
      citations = block.citations.length;
    }
    this.#shown.set(block, { text: block.text.length, citations });
    this.#text.render();
  }

  finish() {
    this.#text.finish();
  }
}

class ThinkingPart {
  #text = h("div", { class: "plain" });
  #label = h("span", {}, "Thinking …");
  element = h("details", { class: "thinking" }, h("summary", {}, this.#label), this.#text);
  #node = this.#text.appendChild(document.createTextNode(""));

  update(block, hasEnded) {
    this.#node.appendData(block.text.slice(this.#node.length));
    if (!block.isOpen || hasEnded) {
      this.#label.textContent = block.text ? `Thinking (${number(block.text.length)} characters)` : "Thinking that Claude does not show";
    }
  }
}

class ToolPart {
  #input = h("code");
  #state = h("span", { class: "muted" }, "Input is being written …");
  #header;
  #alert = null;

  constructor(block) {
    this.#header = h("header", {}, h("strong", {}, block.start.name ?? block.type), " ", this.#state);
    this.element = h("section", { class: "tool", "aria-label": `Tool call ${block.start.name}` },
      this.#header, h("pre", { tabindex: "0" }, this.#input));
  }

  update(block, hasEnded) {
    const isEnded = !block.isOpen || hasEnded;
    const isBroken = isEnded && block.isInputBroken;
    this.#input.textContent = isEnded && !isBroken ? JSON.stringify(block.json().input, null, 2) : block.input;
    if (isEnded) {
      this.#state.textContent = block.start.id ?? "";
    }
    if (isBroken && !this.#alert) {
      this.#alert = problem({ type: "Invalid tool input", message: "The input below is not a JSON object: it is not valid JSON, or it was cut off. Do not run this tool." });
      this.#header.after(this.#alert);
    }
  }
}

class NotePart {
  constructor(text) {
    this.element = h("p", { class: "note" }, text);
  }

  update() {}
}

/** Results of Claude's own tools, and block types of later versions of the API. */
class OtherPart {
  #content = h("pre", { tabindex: "0" });

  constructor(block) {
    this.element = h("details", { class: "tool" }, h("summary", {}, block.type.replaceAll("_", " ")), results(block), this.#content);
  }

  update(block) {
    this.#content.textContent = JSON.stringify(block.json(), null, 2);
  }
}

function results(block) {
  const found = Array.isArray(block.start.content) ? block.start.content.filter((one) => isSafeLink(one?.url)) : [];
  return found.length > 0 && h("ul", {}, found.map((one) => h("li", {}, link(one.url, one.title ?? one.url))));
}

const REASONS = {
  end_turn: "complete",
  max_tokens: "cut off at max tokens",
  stop_sequence: "stop sequence",
  tool_use: "waits for the tool",
  pause_turn: "paused",
  refusal: "refused",
  model_context_window_exceeded: "context window is full",
};

/** The reason why Claude stopped, in words, with the name that the API uses. */
export function reason(stopReason) {
  return stopReason ? `${REASONS[stopReason] ?? stopReason} (${stopReason})` : null;
}

/** The token counts, as [name, value] pairs. */
export function usageFacts(usage, isWhole = true) {
  if (!usage) {
    return [];
  }
  return [
    ["Input tokens", number(usage.input_tokens ?? 0)],
    ["Output tokens", isWhole ? number(usage.output_tokens ?? 0) : "–"],
    ["Cache read", usage.cache_read_input_tokens ? number(usage.cache_read_input_tokens) : null],
    ["Cache written", usage.cache_creation_input_tokens ? number(usage.cache_creation_input_tokens) : null],
  ];
}

/**
 * Shows a complete message from the API's JSON.
 *
 * @param unparsed `unparsed_tool_inputs`: inputs of its tool calls that are not JSON objects
 */
export function wholeMessage(json, unparsed = []) {
  const message = new Message();
  message.accept({ type: "message_start", message: { ...json, content: [] } });
  const view = new MessageView(message);
  (json.content ?? []).forEach((block, index) => {
    message.accept({ type: "content_block_start", index, content_block: block });
    message.accept({ type: "content_block_stop", index });
  });
  message.reject(unparsed);
  message.accept({ type: "message_stop" });
  view.update();
  return view.element;
}
