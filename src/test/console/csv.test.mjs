import assert from "node:assert/strict";
import test from "node:test";

import { CsvReader } from "../../main/webapp/console/csv.js";
import { json, pieces } from "./resources.mjs";

/** Each row as `[line, ...cells]`; `[line, null]` is a rejected row, or the place where the rest of the text is rejected. */
function rows(...texts) {
  const found = [];
  const reader = new CsvReader((cells, line) => found.push(cells === null ? [line, null] : [line, ...cells]));
  try {
    texts.forEach((text) => reader.push(text));
    reader.end();
  } catch (error) {
    assert.ok(error instanceof RangeError, error);
    found.push([error.line, null]);
  }
  return found;
}

for (const { name, csv, rows: expected } of json("cases/csv-rows.json")) {
  test(name, () => assert.deepEqual(rows(csv), expected));

  test(`${name}, in pieces`, () => {
    // The first piece contains the whole first line.
    const first = /^[\r\n]*[^\r\n]*[\r\n]*/.exec(csv)[0].length;
    for (const length of [1, 2, 3]) {
      assert.deepEqual(rows(csv.slice(0, first), ...pieces(csv.slice(first), length)), expected, `pieces of ${length}`);
    }
  });
}

test("a row that is too long is rejected with the line on which it begins", () => {
  const long = "x".repeat(8 * 1024 * 1024);

  assert.deepEqual(rows(`a,b\n${long},c\n`), [[1, "a", "b"], [2, null]]);
  assert.deepEqual(rows(`a,b\nc,"1\n${long}"\n`), [[1, "a", "b"], [2, null]]);
  assert.equal(rows(`a,b\n${long.slice(2)},c\n`).length, 2);
});

test("a row has at most 16,384 cells", () => {
  assert.equal(rows(",".repeat(16_383))[0].length, 1 + 16_384);
  assert.deepEqual(rows(`a\n${",".repeat(16_384)}`), [[1, "a"], [2, null]]);
});
