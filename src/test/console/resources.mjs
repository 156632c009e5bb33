import { readFileSync } from "node:fs";

/** Files that the server's tests also read. */
const RESOURCES = new URL("../resources/", import.meta.url);

export function bytes(path) {
  return readFileSync(new URL(path, RESOURCES));
}

export function text(path) {
  return bytes(path).toString("utf8");
}

export function json(path) {
  return JSON.parse(text(path));
}

/** Splits the text into pieces of this length. */
export function* pieces(text, length) {
  for (let from = 0; from < text.length; from += length) {
    yield text.slice(from, from + length);
  }
}
