import assert from "node:assert/strict";
import test from "node:test";

import { Message } from "../../main/webapp/console/message.js";
import { SseParser } from "../../main/webapp/console/sse.js";
import { json, pieces, text } from "./resources.mjs";

function message(...events) {
  const message = new Message();
  events.forEach((event) => message.accept(event));
  return message;
}

const START = { type: "message_start", message: { id: "msg_1", model: "m", content: [], usage: { input_tokens: 3, output_tokens: 1 } } };

function block(index, start, ...deltas) {
  return [{ type: "content_block_start", index, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index }];
}

function input(...texts) {
  return texts.map((partial) => ({ type: "input_json_delta", partial_json: partial }));
}

/** The message of a recorded stream, built like in the console: data that is not JSON is ignored. */
function recorded(stream, length) {
  const parser = new SseParser();
  const message = new Message();
  for (const piece of pieces(stream, length)) {
    for (const { data } of parser.push(piece)) {
      let event = null;
      try {
        event = JSON.parse(data);
      } catch {
        continue;
      }
      message.accept(event);
    }
  }
  return message;
}

test("recorded streams add up to their messages", () => {
  for (const name of Object.keys(json("fixtures/manifest.json"))) {
    for (const length of [1, 5, 100_000]) {
      assert.deepEqual(recorded(text(`fixtures/${name}.sse`), length).json(), json(`fixtures/${name}.json`), `${name}, pieces of ${length}`);
    }
  }
});

test("there is no message before its first event", () => {
  const early = message(...block(0, { type: "text", text: "lost" }), { type: "message_stop" });

  assert.equal(early.json(), null);
  assert.equal(early.hasEnded, false);
  assert.deepEqual(early.blocks, []);
});

test("an error ends a message, whose blocks stay", () => {
  const broken = message(START, { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } });

  assert.deepEqual(broken.error, { type: "overloaded_error", message: "Overloaded" });
  assert.equal(broken.hasEnded, true);
  assert.equal(broken.json().content[0].text, "Hel");
  assert.deepEqual(message({ type: "error" }).error, { type: "api_error", message: "" });
});

test("accept returns the block that the event changes", () => {
  const growing = message(START);

  const [start, delta, stop] = block(2, { type: "text", text: "" }, { type: "text_delta", text: "x" });
  assert.equal(growing.accept(start), growing.blocks[2]);
  assert.equal(growing.accept(delta), growing.blocks[2]);
  assert.equal(growing.blocks[2].isOpen, true);
  assert.equal(growing.accept(stop), growing.blocks[2]);
  assert.equal(growing.blocks[2].isOpen, false);
  assert.equal(growing.accept(delta), undefined);
  assert.equal(growing.accept(start), undefined);
  assert.equal(growing.accept({ type: "content_block_delta", index: 7, delta: { type: "text_delta", text: "x" } }), undefined);
  assert.equal(growing.accept({ type: "ping" }), undefined);
  assert.equal(growing.blocks[2].text, "x");
});

test("a delta of another kind than its block changes nothing", () => {
  const odd = message(START, ...block(0, { type: "text", text: "a" }, { type: "thinking_delta", thinking: "b" }, { type: "unheard_of" }, null));

  assert.deepEqual(odd.json().content, [{ type: "text", text: "a" }]);
});

test("the input of a tool call is parsed when the call has ended", () => {
  const call = message(START, ...block(0, { type: "tool_use", id: "a", input: {} }, ...input("{\"city\":", "\"Paris\"}")));

  assert.deepEqual(call.json().content[0].input, { city: "Paris" });
  assert.equal(call.blocks[0].isInputBroken, false);
});

test("an input that is not an object is broken, and stays available as text", () => {
  for (const text of ["{\"city\":", "[1]", "null", "7"]) {
    const broken = message(START, ...block(0, { type: "tool_use", id: "a", input: {} }, ...input(text)));
    assert.equal(broken.blocks[0].isInputBroken, true, text);
    assert.equal(broken.blocks[0].input, text);
    assert.deepEqual(broken.json().content[0].input, {});
  }
});

test("an empty input is not broken, but an input that is cut off is", () => {
  const none = message(START, ...block(0, { type: "tool_use", id: "a", input: {} }, ...input("", " ")));
  const cut = message(START, ...block(0, { type: "tool_use", id: "a", input: {} }, ...input("{}")).slice(0, -1));

  assert.equal(none.blocks[0].isInputBroken, false);
  assert.equal(cut.blocks[0].isInputBroken, true);
});

/** The indexes of a message differ from those of its stream's events if the events skip an index. */
test("an input that the server rejects belongs to the call with its id", () => {
  const calls = message(START, ...block(0, { type: "tool_use", id: "a", input: {} }), ...block(1, { type: "tool_use", id: "b", input: {} }),
    ...block(2, { type: "server_tool_use", input: {} }));

  const rejected = calls.reject([{ index: 3, id: "b", text: "[1]" }, { index: 2, id: "", text: "2" }, { index: 9, id: "x", text: "" }]);

  assert.deepEqual(rejected.map(({ start, input }) => [start.id ?? "", input]), [["b", "[1]"], ["", "2"]]);
  assert.ok(rejected.every(({ isInputBroken }) => isInputBroken));
  assert.equal(calls.blocks[0].isInputBroken, false);
});

test("the last events set the stop reason and the final usage", () => {
  const whole = message(START, { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } }, { type: "message_stop" });

  assert.equal(whole.hasEnded, true);
  assert.equal(whole.model, "m");
  assert.equal(whole.stopReason, "end_turn");
  assert.equal(whole.usage.input_tokens, 3);
  assert.equal(whole.usage.output_tokens, 9);
});
