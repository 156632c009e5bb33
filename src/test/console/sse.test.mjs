import assert from "node:assert/strict";
import test from "node:test";

import { SseParser } from "../../main/webapp/console/sse.js";
import { json, pieces, text } from "./resources.mjs";

function events(...texts) {
  const parser = new SseParser();
  return texts.flatMap((piece) => parser.push(piece));
}

test("an event has a name, an id and data", () => {
  assert.deepEqual(events("event: ping\nid: 7\ndata: {}\n\n"), [{ id: "7", name: "ping", data: "{}" }]);
});

test("an event without a name is a message", () => {
  assert.deepEqual(events("data: x\n\n"), [{ id: undefined, name: "message", data: "x" }]);
});

test("an id applies until the next one, a name only to its event", () => {
  assert.deepEqual(events("id: 1\nevent: a\ndata: x\n\ndata: y\n\nid\ndata: z\n\n"), [
    { id: "1", name: "a", data: "x" },
    { id: "1", name: "message", data: "y" },
    { id: "", name: "message", data: "z" },
  ]);
});

test("an id with a null character is ignored", () => {
  assert.deepEqual(events("id: 1\nid: 2\0\ndata: x\n\n"), [{ id: "1", name: "message", data: "x" }]);
});

test("lines of data are joined by line feeds", () => {
  assert.equal(events("data: a\ndata\ndata:  b\n\n")[0].data, "a\n\n b");
});

test("comments, unknown fields and events without data are ignored", () => {
  assert.deepEqual(events(": still here\nretry: 5\nevent: a\n\ndata: x\n\n"), [{ id: undefined, name: "message", data: "x" }]);
});

test("an incomplete event is not returned", () => {
  assert.deepEqual(events("data: x\n"), []);
});

test("lines end in LF, CR or both, wherever the text is cut", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    // The last line end shows whether the CR before it was a whole line end.
    const stream = ["event: a", "data: 1", "data: 2", "", "data: 3", "", ": end", ""].join(end);
    for (let length = 1; length <= stream.length; length++) {
      assert.deepEqual(events(...pieces(stream, length)).map(({ name, data }) => [name, data]), [["a", "1\n2"], ["message", "3"]],
        `${JSON.stringify(end)}, pieces of ${length}`);
    }
  }
});

test("recorded streams have the same events in pieces as in one text", () => {
  for (const [name, { events: count }] of Object.entries(json("fixtures/manifest.json"))) {
    const stream = text(`fixtures/${name}.sse`);
    const whole = events(stream);
    assert.equal(whole.length, count, name);
    for (const length of [1, 2, 7, 1000]) {
      assert.deepEqual(events(...pieces(stream, length)), whole, `${name}, pieces of ${length}`);
    }
  }
});
