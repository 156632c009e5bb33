/**
 * Builds a message from the events of its stream. Ignores events that do not fit, like the server's MessageAccumulator, and passes the tests of the
 * same fixtures.
 */
export class Message {
  #fields = null;
  /** The content blocks by their index, in order. */
  blocks = [];
  /** The error that ended it, `{ type, message }`. */
  error = null;
  hasEnded = false;

  /** Applies one parsed event. Returns the block that it changed, or undefined. */
  accept(event) {
    if (this.hasEnded) {
      return undefined;
    }
    switch (event.type) {
      case "error":
        this.error = event.error ?? { type: "api_error", message: "" };
        this.hasEnded = true;
        return undefined;
      case "message_start":
        this.#fields ??= { ...event.message };
        return undefined;
      case "message_stop":
        this.hasEnded = this.#fields !== null;
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
      const isSet = value !== null || ["stop_reason", "stop_sequence", "stop_details"].includes(name);
      if (isSet && !["id", "type", "role", "model", "content", "usage"].includes(name)) {
        this.#fields[name] = value;
      }
    }
    if (usage) {
      // Counts are cumulative; null means that a count is unchanged.
      const known = Object.entries(usage).filter(([, value]) => value !== null);
      this.#fields.usage = { ...this.#fields.usage, ...Object.fromEntries(known) };
    }
  }

  /**
   * Marks the tool calls in `unparsed_tool_inputs` of a stream or a job as invalid, and returns their blocks. Finds a call by its id, and otherwise by its
   * index: the indexes of a message differ from those of the stream's events if the events skip an index.
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

  /** The message as the API returns it without streaming, or null before the first event. */
  json() {
    const content = this.blocks.filter(Boolean).map((block) => block.json());
    return this.#fields && { ...this.#fields, ...(content.length > 0 ? { content } : {}) };
  }
}

/** One content block. `text` is the text of a text or thinking block; `input` is the JSON of a tool call, as far as it has been received. */
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

  /** Marks the input of this tool call as invalid: the server found this text, which is not a JSON object. */
  reject(text) {
    this.input = text;
    this.#isRejected = true;
  }

  /** Whether the input of an ended tool call is not a JSON object, because it is invalid or was cut off. */
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
