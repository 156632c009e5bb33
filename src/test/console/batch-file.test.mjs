import assert from "node:assert/strict";
import test from "node:test";

import { check, kindOf } from "../../main/webapp/console/batch-file.js";
import { bytes, json } from "./resources.mjs";

const CSV = { model: "m", maxTokens: 9, charset: "utf-8" };
/** The number of lines that an error of the server lists. */
const MOST_LINES = 10;

function checked(content, kind, csv = CSV, signal = new AbortController().signal) {
  return check(new Blob([content]), kind, csv, signal);
}

function messages({ problems }) {
  return problems.map(({ line, message }) => `${line}: ${message}`);
}

function request(id, members = {}) {
  return JSON.stringify({ custom_id: id, params: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Hi" }], ...members } });
}

/** The files of the server's tests: the number of requests in each, or the lines that are rejected; 0 if the whole file is rejected. */
for (const [path, verdict] of Object.entries(json("cases/verdicts.json"))) {
  // The console does not read files that are one JSON object.
  if (path.endsWith(".json")) {
    continue;
  }
  test(path, async () => {
    const found = await checked(bytes(`cases/${path}`), kindOf({ name: path }));

    if (Array.isArray(verdict)) {
      assert.deepEqual([...new Set(found.problems.map(({ line }) => line))].slice(0, MOST_LINES), verdict, messages(found).join("; "));
    } else if (verdict === 0) {
      assert.deepEqual(messages(found), ["1: There are no requests in this file"]);
    } else {
      assert.deepEqual(messages(found), []);
      assert.equal(found.requests, verdict);
    }
  });
}

test("a file is a CSV by its name or its type", () => {
  assert.equal(kindOf({ name: "a.CSV", type: "" }), "csv");
  assert.equal(kindOf({ name: "a", type: "text/csv" }), "csv");
  assert.equal(kindOf({ name: "a.csv.jsonl", type: "" }), "ndjson");
});

test("a workbook is rejected with advice", async () => {
  assert.deepEqual(messages(await checked("PK\u0003\u0004", "csv")), ["1: This looks like an Excel workbook. Save it as “CSV UTF-8”"]);
});

test("a duplicate id is rejected with both lines", async () => {
  const twice = await checked([request("a"), "", request("b"), request("a")].join("\n"), "ndjson");

  assert.deepEqual(messages(twice), ["4: custom_id: a is already on line 1"]);
  assert.equal(twice.requests, 3);
});

test("the first request is shown as it was read", async () => {
  assert.deepEqual((await checked("prompt;custom_id\n\"ä, “ö”\";a\nx;b", "csv")).first, { id: "a", prompt: "ä, “ö”" });
  assert.equal((await checked(request("a", { messages: [{ content: [{ text: "x" }, {}, { text: "y" }] }] }), "ndjson")).first.prompt, "x  y");
  assert.equal((await checked(request("a", { messages: [{ content: "x".repeat(121) }] }), "ndjson")).first.prompt, `${"x".repeat(120)}…`);
});

test("each problem of a request is reported", async () => {
  const wrong = {
    "params.model: Field required": { model: " " },
    "params.model: at most 256 characters are allowed": { model: "x".repeat(257) },
    "params.messages: Field required, with at least one message": { messages: [] },
    "params.max_tokens: Field required": { max_tokens: undefined },
    "params.max_tokens: Input should be an integer greater than 0": { max_tokens: 2_147_483_648 },
    "params.stream: a batch cannot be streamed": { stream: true },
    "params.speed: not available in a batch": { speed: "fast" },
    "params.fallbacks: not available in a batch": { fallbacks: [] },
  };
  for (const [message, members] of Object.entries(wrong)) {
    assert.deepEqual(messages(await checked(request("a", members), "ndjson")), [`1: ${message}`]);
  }
  assert.deepEqual(messages(await checked(request("a", { stream: false, speed: null, max_tokens: 2_147_483_647 }), "ndjson")), []);
});

test("at most a hundred problems are listed", async () => {
  const many = await checked("{}\n".repeat(60), "ndjson");

  assert.equal(many.problems.length, 100);
  assert.equal(many.hasMore, true);
  assert.equal((await checked("{}\n".repeat(50), "ndjson")).hasMore, false);
});

test("an empty cell gets the default of the form", async () => {
  const csv = "custom_id,prompt,model,max_tokens\na,x,,\nb,x,\u00a0m2,\t7 \n";

  assert.deepEqual(messages(await checked(csv, "csv")), []);
  assert.deepEqual(messages(await checked(csv, "csv", { charset: "utf-8" })), ["2: params.model: Field required", "2: params.max_tokens: Field required"]);
});

test("other encodings are read, and bytes that are not text are rejected with their line", async () => {
  const latin = Buffer.from("custom_id;prompt\r\na;x\r\nb;\"1\r\nä\"\r\nc;d", "latin1");

  assert.deepEqual(messages(await checked(latin, "csv", { ...CSV, charset: "windows-1252" })), []);
  assert.match(messages(await checked(latin, "csv"))[0], /^4: From this line on, the file is not utf-8\./);
  assert.deepEqual(messages(await checked(latin, "ndjson")).filter((message) => message.includes("UTF-8")), ["4: This is not UTF-8"]);
});

/** The file is read in pieces of 256 KB. */
test("pieces may end anywhere in a character, a line end or a cell", async () => {
  for (let before = 262_138; before <= 262_146; before++) {
    const head = "custom_id,prompt\r\na,";
    const csv = `${head}${"x".repeat(before - head.length)}\r\nb,"😀\r\n"\r\nc d,x`;
    assert.deepEqual(messages(await checked(csv, "csv")), ["5: custom_id: 1 to 64 letters, digits, _ and - are allowed"], `after ${before}`);
    const lines = `${" ".repeat(before)}\n${request("a", { system: "😀" })}\n{}`;
    assert.equal(messages(await checked(lines, "ndjson"))[0], "3: custom_id: Field required", `after ${before}`);
  }
});

test("an aborted check ends", async () => {
  assert.equal((await checked(request("a"), "ndjson", CSV, AbortSignal.abort())).requests, 0);
});
