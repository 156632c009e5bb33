/**
 * What is wrong with a file of requests, by line, before anything is sent. The rules are the server's (docs/batches.md), which checks again. The file is
 * read in pieces and not kept; of the `custom_id`s, all are.
 */

/** Of problems that are told. */
const MOST_PROBLEMS = 100;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const CSV_COLUMNS = ["custom_id", "prompt", "model", "system", "max_tokens"];
const PIECE = 256 * 1024;

export function kindOf(file) {
  return /\.csv$/i.test(file.name) || file.type === "text/csv" ? "csv" : "ndjson";
}

/**
 * @param csv what is said of a CSV beside the file: `{ model, maxTokens, charset }`, the first two for rows without them
 * @param signal ends the reading
 * @return `{ requests, problems: [{ line, message }], hasMore }`
 */
export async function check(file, kind, csv, signal) {
  const found = new Findings();
  if (kind === "csv") {
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
  problems = [];
  hasMore = false;
  /** Nothing that follows can be understood. */
  isHopeless = false;

  add(line, message) {
    if (this.problems.length < MOST_PROBLEMS) {
      this.problems.push({ line, message });
    } else {
      this.hasMore = true;
    }
  }

  request(line, { custom_id: id, params }) {
    this.requests++;
    if (typeof id !== "string" || id === "") {
      this.add(line, "custom_id: Field required");
    } else if (!CUSTOM_ID.test(id)) {
      this.add(line, "custom_id: 1 to 64 letters, digits, _ and - are allowed");
    } else if (this.#lineOfId.has(id)) {
      this.add(line, `custom_id: ${id} is on line ${this.#lineOfId.get(id)} already`);
    } else {
      this.#lineOfId.set(id, line);
    }
    for (const problem of problemsOf(params)) {
      this.add(line, problem);
    }
  }
}

function* problemsOf(params) {
  if (!isObject(params)) {
    yield "params: Field required, an object";
    return;
  }
  const { model, messages, max_tokens: maxTokens } = params;
  if (typeof model !== "string" || model.trim() === "") {
    yield "params.model: Field required";
  }
  if (!Array.isArray(messages) || messages.length === 0) {
    yield "params.messages: Field required, with at least one message";
  }
  if (!Number.isInteger(maxTokens) || maxTokens < 1) {
    yield maxTokens === undefined ? "params.max_tokens: Field required" : "params.max_tokens: Input should be an integer greater than 0";
  }
  if (params.stream === true) {
    yield "params.stream: a batch cannot be streamed";
  }
  yield* ["speed", "fallbacks"].filter((name) => (params[name] ?? null) !== null).map((name) => `params.${name}: not available in a batch`);
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function checkLines(file, found, signal) {
  let line = 0;
  let rest = "";
  const take = (text) => {
    line++;
    const content = line === 1 ? text.replace(/^\ufeff/, "") : text;
    if (content.trim() === "") {
      return;
    }
    let request;
    try {
      request = JSON.parse(content);
    } catch (error) {
      found.add(line, `This is not JSON: ${error.message}`);
      return;
    }
    if (isObject(request)) {
      found.request(line, request);
    } else {
      found.add(line, "Each line is an object: {\"custom_id\":\"...\",\"params\":{...}}");
    }
  };
  try {
    for await (const text of pieces(file, signal)) {
      const all = (rest + text).split("\n");
      rest = all.pop();
      all.forEach(take);
    }
    take(rest);
  } catch (error) {
    if (!(error instanceof TypeError)) {
      throw error;
    }
    found.add(line + 1, "This is not UTF-8");
  }
}

async function* pieces(file, signal) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (let from = 0; from < file.size && !signal.aborted; from += PIECE) {
    const bytes = await file.slice(from, from + PIECE).arrayBuffer();
    yield decoder.decode(bytes, { stream: from + PIECE < file.size });
  }
}

async function checkCsv(file, csv, found, signal) {
  const Papa = await library();
  const header = /^[^\r\n]*/.exec(await file.slice(0, 8192).text())[0];
  let line = 1;
  let columns = null;
  const take = ({ data, errors }) => {
    const at = line;
    line += 1 + data.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
    if (errors.some((error) => error.type === "Quotes")) {
      found.add(at, "A quotation mark is open, or in the wrong place");
    } else if (data.some((cell) => cell.includes("\ufffd"))) {
      found.add(at, `This is not ${csv.charset}; choose another encoding`);
    } else if (columns === null) {
      columns = data.map((name) => name.replace(/^\ufeff/, ""));
      checkColumns(columns, found);
    } else if (data.some((cell) => cell !== "")) {
      checkRow(columns, data, at, csv, found);
    }
  };
  await new Promise((resolve, reject) => Papa.parse(file, {
    chunkSize: PIECE,
    encoding: csv.charset,
    // As the server chooses.
    delimiter: header.includes(";") && !header.includes(",") ? ";" : ",",
    step: (result, parser) => (signal.aborted || found.isHopeless ? parser.abort() : take(result)),
    complete: resolve,
    error: reject,
  }));
}

function checkColumns(columns, found) {
  for (const name of ["custom_id", "prompt"].filter((needed) => !columns.includes(needed))) {
    found.add(1, `There is no column ${name}`);
    found.isHopeless = true;
  }
  for (const name of columns.filter((column) => !CSV_COLUMNS.includes(column))) {
    found.add(1, `There is a column ${name === "" ? "without a name" : name}; the columns are ${CSV_COLUMNS.join(", ")}`);
  }
}

function checkRow(columns, data, line, csv, found) {
  if (data.length !== columns.length) {
    found.add(line, `There are ${data.length} cells, and ${columns.length} columns`);
    return;
  }
  const cell = (name) => data[columns.indexOf(name)] ?? "";
  if (cell("prompt") === "") {
    found.add(line, "prompt: Field required");
  }
  found.request(line, {
    custom_id: cell("custom_id"),
    params: {
      model: cell("model") || csv.model,
      max_tokens: cell("max_tokens") === "" ? csv.maxTokens : Number(cell("max_tokens")),
      messages: [{ role: "user", content: cell("prompt") }],
    },
  });
}

let loaded = null;

/** Papa Parse knows quotes and line ends; it is a script of the old kind, and only fetched for CSV. Its version is the pom's too. */
function library() {
  loaded ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "webjars/papaparse/5.5.3/papaparse.min.js";
    script.onload = () => resolve(globalThis.Papa);
    script.onerror = () => {
      loaded = null;
      reject(new Error("The reader of CSV could not be fetched from this server"));
    };
    document.head.append(script);
  });
  return loaded;
}
