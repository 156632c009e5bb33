/**
 * Checks a file of requests before it is sent, and lists its problems by line. The rules are the server's (docs/batches.md); the server checks again.
 * The file is read in pieces and not stored. Only the first million `custom_id`s are stored; the server finds later duplicates.
 */

import { CsvReader } from "./csv.js";

/** Problems that are listed. */
const MAX_PROBLEMS = 100;
const MAX_IDS = 1_000_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;
/** Spaces of every kind, no-break spaces, tabs and line ends: the same characters as in the server's `CsvColumns`. */
const BLANK = /[\t-\r\p{Zs}]/u;
const CSV_COLUMNS = ["custom_id", "prompt", "model", "system", "max_tokens"];
const PIECE_BYTES = 256 * 1024;
const LINE_FEED = 10;
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const MAX_DEPTH = 1_000;
const MAX_MODEL_LENGTH = 256;
const LARGEST_INTEGER = 2_147_483_647;

export function kindOf(file) {
  return /\.csv$/i.test(file.name) || file.type === "text/csv" ? "csv" : "ndjson";
}

/**
 * Checks a file of requests.
 *
 * @param csv settings of a CSV file: `{ model, maxTokens, charset }`; `model` and `maxTokens` are the defaults of rows without them
 * @param signal stops the check
 * @return `{ requests, problems: [{ line, message }], hasMore }`
 */
export async function check(file, kind, csv, signal) {
  const found = new Findings();
  if (await file.slice(0, 2).text() === "PK") {
    found.add(1, "This looks like an Excel workbook. Save it as “CSV UTF-8”");
  } else if (kind === "csv") {
    await checkCsv(file, csv, found, signal);
  } else {
    await checkLines(file, found, signal);
  }
  if (found.requests === 0 && found.problems.length === 0) {
    found.add(1, "There are no requests in this file");
  }
  return found;
}

class Findings {
  #lineOfId = new Map();
  requests = 0;
  /** The first request, which shows the user how the file was read. */
  first = null;
  problems = [];
  hasMore = false;
  /** Whether the rest of the file cannot be read. */
  isUnreadable = false;

  add(line, message) {
    if (this.problems.length < MAX_PROBLEMS) {
      this.problems.push({ line, message });
    } else {
      this.hasMore = true;
    }
  }

  request(line, { custom_id: id, params }) {
    this.requests++;
    this.first ??= { id, prompt: excerptOf(params) };
    if (typeof (id ?? "") !== "string") {
      this.add(line, "custom_id must be a string");
    } else if ((id ?? "") === "") {
      this.add(line, "custom_id: Field required");
    } else if (!CUSTOM_ID.test(id)) {
      this.add(line, "custom_id: 1 to 64 letters, digits, _ and - are allowed");
    } else if (this.#lineOfId.has(id)) {
      this.add(line, `custom_id: ${id} is already on line ${this.#lineOfId.get(id)}`);
    } else if (this.#lineOfId.size < MAX_IDS) {
      this.#lineOfId.set(id, line);
    }
    for (const problem of problemsOf(params)) {
      this.add(line, problem);
    }
  }
}

const EXCERPT_LENGTH = 120;

function excerptOf(params) {
  const message = Array.isArray(params?.messages) ? params.messages.at(-1) : null;
  const text = typeof message?.content === "string" ? message.content
    : Array.isArray(message?.content) ? message.content.map((block) => block?.text ?? "").join(" ") : "";
  return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH)}…` : text;
}

function* problemsOf(params) {
  if (!isObject(params)) {
    yield (params ?? null) === null ? "params: Field required, an object" : "params must be an object";
    return;
  }
  const { model, messages, max_tokens: maxTokens } = params;
  if (typeof model !== "string" || model.trim() === "") {
    yield "params.model: Field required";
  } else if (model.length > MAX_MODEL_LENGTH) {
    yield `params.model: at most ${MAX_MODEL_LENGTH} characters are allowed`;
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    yield "params.messages: Field required, with at least one message";
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 1 || maxTokens > LARGEST_INTEGER) {
    yield maxTokens === undefined ? "params.max_tokens: Field required" : "params.max_tokens: Input should be an integer greater than 0";
  }
  if ((params.stream ?? false) !== false) {
    yield "params.stream: a batch cannot be streamed";
  }
  yield* ["speed", "fallbacks"].filter((name) => (params[name] ?? null) !== null).map((name) => `params.${name}: not available in a batch`);
}

/** Whether objects and arrays are nested more deeply than these levels. */
function isDeeper(value, levels) {
  return typeof value === "object" && value !== null && (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function checkLines(file, found, signal) {
  // Each line is decoded separately, and only the first may begin with a byte order mark. checkLine removes that mark.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let line = 0;
  let rest = new Uint8Array();
  for await (const piece of pieces(file, signal)) {
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      checkLine(decoder, joined(rest, piece.subarray(from, end)), ++line, found);
      rest = new Uint8Array();
      from = end + 1;
    }
    rest = joined(rest, piece.subarray(from));
    if (rest.length > MAX_LINE_BYTES) {
      found.add(line + 1, "This line is longer than 32 MB");
      return;
    }
  }
  checkLine(decoder, rest, ++line, found);
}

function joined(one, two) {
  if (one.length === 0) {
    return two;
  }
  const both = new Uint8Array(one.length + two.length);
  both.set(one);
  both.set(two, one.length);
  return both;
}

function checkLine(decoder, bytes, line, found) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    found.add(line, "This is not UTF-8");
    return;
  }
  if (/^[\0- ]*$/.test(text)) {
    return;
  }
  let request;
  try {
    request = JSON.parse(line === 1 ? text.replace(/^\ufeff/, "") : text);
  } catch (error) {
    found.add(line, `This is not JSON: ${error.message}`);
    return;
  }
  if (isDeeper(request, MAX_DEPTH)) {
    found.add(line, `Objects and arrays are nested more than ${MAX_DEPTH} levels deep`);
  } else if (!isObject(request)) {
    found.add(line, "Each line must be an object: {\"custom_id\":\"...\",\"params\":{...}}");
  } else if (Array.isArray(request.requests)) {
    found.add(line, "This is the body of a batch request. A file has only the requests, one per line");
  } else {
    found.request(line, request);
  }
}

async function* pieces(file, signal) {
  for (let from = 0; from < file.size && !signal.aborted; from += PIECE_BYTES) {
    yield new Uint8Array(await file.slice(from, from + PIECE_BYTES).arrayBuffer());
  }
}

async function checkCsv(file, csv, found, signal) {
  const strict = new TextDecoder(csv.charset, { fatal: true });
  // Decodes the pieces that the strict decoder accepted. It finds the text before the fault in a piece that the strict decoder rejects.
  const follower = new TextDecoder(csv.charset, { fatal: true });
  let columns = null;
  const onRow = (cells, line) => {
    if (found.isUnreadable) {
      return;
    }
    if (cells === null) {
      found.add(line, "A quotation mark is not closed, or is in the wrong place");
      found.isUnreadable = columns === null;
    } else if (columns === null) {
      columns = cells.some((cell) => cell !== "") ? columnsOf(cells, line, found) : null;
    } else if (cells.some((cell, at) => columns.names[at] ? cell !== "" : !isBlank(cell))) {
      checkRow(columns, cells, line, csv, found);
    }
  };
  const reader = new CsvReader(onRow);
  try {
    for await (const piece of pieces(file, signal)) {
      if (!isText(strict, piece)) {
        reader.push(textBeforeFault(follower, piece));
        addUndecodable(found, reader.line, csv.charset);
        return;
      }
      reader.push(follower.decode(piece, { stream: true }));
    }
    if (!isText(strict)) {
      addUndecodable(found, reader.line, csv.charset);
      return;
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    addFatal(found, error.line, error.message);
  }
}

/** Adds a problem that ends the check, unless the problem of the column names has ended it already. */
function addFatal(found, line, message) {
  if (!found.isUnreadable) {
    found.add(line, message);
  }
}

/** Whether the bytes are text. `piece` is a part of a longer text, and absent at its end. */
function isText(decoder, piece) {
  try {
    decoder.decode(piece, { stream: piece !== undefined });
    return true;
  } catch {
    return false;
  }
}

/** The text before the bytes that are not text. */
function textBeforeFault(decoder, piece) {
  let text = "";
  try {
    for (let at = 0; at < piece.length; at++) {
      text += decoder.decode(piece.subarray(at, at + 1), { stream: true });
    }
  } catch {
    // The bytes that are not text begin here.
  }
  return text;
}

function addUndecodable(found, line, charset) {
  addFatal(found, line, `From this line on, the file is not ${charset}. Choose another encoding, such as windows-1252, or save the file as “CSV UTF-8”`);
}

function isBlank(text) {
  return [...text].every((char) => BLANK.test(char));
}

function withoutBlanksAround(text) {
  let from = 0;
  let to = text.length;
  while (from < to && BLANK.test(text[from])) {
    from++;
  }
  while (to > from && BLANK.test(text[to - 1])) {
    to--;
  }
  return text.slice(from, to);
}

/** The column names in the first row, with "" for a column without a name. */
function columnsOf(header, line, found) {
  const names = header.map(withoutBlanksAround);
  const twice = names.find((name, at) => name !== "" && names.indexOf(name) < at);
  if (twice !== undefined) {
    found.add(line, `Two columns have the same name, ${twice.slice(0, EXCERPT_LENGTH)}: ${columnName(names.indexOf(twice))} and ${columnName(names.lastIndexOf(twice))}`);
    found.isUnreadable = true;
  } else if (!["custom_id", "prompt"].every((name) => names.includes(name)) || !names.every((name) => name === "" || CSV_COLUMNS.includes(name))) {
    found.add(line, "The first line must name the columns: custom_id and prompt, and optionally model, system and max_tokens, separated by commas or semicolons. "
      + `The first line is: ${header.join(", ").slice(0, EXCERPT_LENGTH)}`);
    found.isUnreadable = true;
  }
  return { names, line };
}

/** The column by number and by the letter that spreadsheets use: column 3 (C). */
function columnName(place) {
  let letters = "";
  for (let rest = place; rest >= 0; rest = Math.floor(rest / 26) - 1) {
    letters = String.fromCharCode(65 + rest % 26) + letters;
  }
  return `column ${place + 1} (${letters})`;
}

function checkRow(columns, data, line, csv, found) {
  const { names } = columns;
  if (names.some((name, at) => name !== "" && at >= data.length)) {
    found.add(line, `The row has ${data.length} cells, but there are ${names.length} columns`);
    return;
  }
  const nameless = data.findIndex((content, at) => !names[at] && !isBlank(content));
  if (nameless >= 0) {
    const sizes = data.length > names.length ? `The row has ${data.length} cells, but there are ${names.length} columns; ` : "";
    found.add(line, `${sizes}${columnName(nameless)} has content, but line ${columns.line} does not name it`);
    return;
  }
  const cell = (name) => data[names.indexOf(name)] ?? "";
  const word = (name) => withoutBlanksAround(cell(name));
  if (cell("prompt") === "") {
    found.add(line, "prompt: The cell is empty");
  }
  found.request(line, {
    custom_id: cell("custom_id"),
    params: {
      model: word("model") || csv.model,
      max_tokens: word("max_tokens") === "" ? csv.maxTokens : /^\d{1,9}$/.test(word("max_tokens")) ? Number(word("max_tokens")) : word("max_tokens"),
      messages: [{ role: "user", content: cell("prompt") }],
    },
  });
}
