/**
 * A message as the events of its stream amount to it. No event is refused; what does not fit is left out, as on the server (MessageAccumulator), whose
 * fixtures this one is tested with.
 */
export class Message {
  #fields = null;
  /** The content blocks by their index, in order. */
  blocks = [];
  /** The error that ended it, `{ type, message }`. */
  error = null;
  isOver = false;

  /** Takes one event in, parsed. Gives the block that it changed, if it changed one. */
  accept(event) {
    if (this.isOver) {
      return undefined;
    }
    switch (event.type) {
      case "error":
        this.error = event.error ?? { type: "api_error", message: "" };
        this.isOver = true;
        return undefined;
      case "message_start":
        this.#fields ??= { ...event.message };
        return undefined;
      case "message_stop":
        this.isOver = this.#fields !== null;
        return undefined;
      default:
        return this.#fields === null ? undefined : this.#change(event);
    }
  }

  #change(event) {
    const block = this.blocks[event.index];
    switch (event.type) {
      case "content_block_start":
        return block ? undefined : this.#start(event);
      case "content_block_delta":
        return block?.accept(event.delta) ? block : undefined;
      case "content_block_stop":
        block?.stop();
        return block;
      case "message_delta":
        this.#amend(event);
        return undefined;
      default:
        return undefined;
    }
  }

  #start(event) {
    const block = new Block(event.content_block);
    this.blocks[event.index] = block;
    if (block.type === "fallback" && event.content_block.to?.model) {
      this.#fields.model = event.content_block.to.model;
    }
    return block;
  }

  #amend({ type, delta, usage, ...others }) {
    for (const [name, value] of Object.entries({ ...delta, ...others })) {
      const isMeant = value !== null || ["stop_reason", "stop_sequence", "stop_details"].includes(name);
      if (isMeant && !["id", "type", "role", "model", "content", "usage"].includes(name)) {
        this.#fields[name] = value;
      }
    }
    if (usage) {
      // Cumulative; null says nothing.
      const told = Object.entries(usage).filter(([, value]) => value !== null);
      this.#fields.usage = { ...this.#fields.usage, ...Object.fromEntries(told) };
    }
  }

  /**
   * Marks tool calls by `unparsed_tool_inputs` of a stream or a job: by the id of the call, because a message has other indexes than the events of its stream
   * where those leave one out, else by index. Returns their blocks.
   */
  reject(unparsed) {
    return unparsed.flatMap(({ index, id, text }) => {
      const block = this.blocks.find((one) => id && one?.start.id === id) ?? this.blocks[index];
      block?.reject(text);
      return block ?? [];
    });
  }

  get model() {
    return this.#fields?.model;
  }

  get stopReason() {
    return this.#fields?.stop_reason;
  }

  get stopDetails() {
    return this.#fields?.stop_details;
  }

  get usage() {
    return this.#fields?.usage;
  }

  /** As the API would have answered without streaming; null before its beginning. */
  json() {
    const content = this.blocks.filter(Boolean).map((block) => block.json());
    return this.#fields && { ...this.#fields, ...(content.length > 0 ? { content } : {}) };
  }
}

/** One content block; `text` is that of a text or of thinking, `input` the JSON of a tool call as far as it has come. */
class Block {
  #replaced = {};
  #isRejected = false;
  isOpen = true;
  input = "";
  citations = [];

  constructor(start) {
    this.start = start;
    this.text = start.text ?? start.thinking ?? "";
    this.citations.push(...(start.citations ?? []));
  }

  get type() {
    return this.start.type;
  }

  get isToolCall() {
    return typeof this.start.input === "object" && this.start.input !== null;
  }

  accept(delta) {
    if (!this.isOpen) {
      return false;
    }
    switch (`${this.isToolCall ? "tool" : this.type} ${delta?.type}`) {
      case "text text_delta":
        this.text += delta.text;
        return true;
      case "text citations_delta":
        this.citations.push(delta.citation);
        return true;
      case "thinking thinking_delta":
        this.text += delta.thinking;
        return true;
      case "thinking signature_delta":
        this.#replace(delta, "signature");
        return true;
      case "compaction compaction_delta":
        this.#replace(delta, "content", "encrypted_content");
        return true;
      case "tool input_json_delta":
        this.input += delta.partial_json;
        return true;
      default:
        return false;
    }
  }

  #replace(delta, ...names) {
    names.filter((name) => name in delta).forEach((name) => (this.#replaced[name] = delta[name]));
  }

  stop() {
    this.isOpen = false;
    const input = parsed(this.input);
    if (input) {
      this.#replaced.input = input;
    }
  }

  /** The server found that the input of this tool call is not a JSON object, but this text. */
  reject(text) {
    this.input = text;
    this.#isRejected = true;
  }

  /** Whether the input of a tool call that has ended is not a JSON object: it is broken or was cut off. */
  get isInputBroken() {
    return this.#isRejected || (this.input.trim() !== "" && (this.isOpen || parsed(this.input) === null));
  }

  json() {
    const json = { ...this.start, ...this.#replaced };
    if (this.type === "text" || this.type === "thinking") {
      json[this.type] = this.text;
    }
    if (this.citations.length > 0) {
      json.citations = this.citations;
    }
    return json;
  }
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
