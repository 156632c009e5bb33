/** The public API under /v1, and nothing else. */

import { pause } from "./dom.js";
import { SseParser } from "./sse.js";

const KEY = "claude-jakarta.api-key";
/** The server sends a sign of life every ten seconds, unless it is configured otherwise; then a watcher resumes for nothing. */
const SILENCE = 45_000;
const LONGEST_WAIT = 10_000;
/** Of work on events before the page gets its turn. */
const TURN = 12;

/** For as long as this tab is open, and never in a URL. */
export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** What the API refused, in Anthropic's shape; or `connection_error` where nobody answered. */
export class ApiError extends Error {
  constructor(type, message, { status = 0, requestId = null } = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.requestId = requestId;
  }

  /** Whether asking again may help. */
  get mayPass() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The response, whose status is below 400; throws an ApiError. */
export async function call(path, { method = "GET", accept = "application/json", headers = {}, body, signal } = {}) {
  const key = apiKey.get();
  let response;
  try {
    response = await fetch(path, {
      method, body, signal, cache: "no-store", credentials: "omit",
      headers: { accept, ...(key ? { "x-api-key": key } : {}), ...headers },
    });
  } catch (error) {
    if (signal?.aborted) {
      throw error;
    }
    throw new ApiError("connection_error", "The server does not answer. Is it running?");
  }
  if (!response.ok) {
    throw await refusal(response);
  }
  return response;
}

async function refusal(response) {
  const requestId = response.headers.get("request-id");
  let error;
  try {
    error = (await response.json()).error;
  } catch {
    error = null;
  }
  if (response.status === 401) {
    dispatchEvent(new CustomEvent("key-wanted", { detail: error?.message }));
  }
  return new ApiError(error?.type ?? "api_error", error?.message ?? `HTTP status ${response.status}`, { status: response.status, requestId });
}

export async function get(path, options) {
  return (await call(path, options)).json();
}

/** `json` is sent as such; `body` as it is, with a content type in `headers`. */
export async function post(path, { json, ...options } = {}) {
  return get(path, {
    method: "POST",
    ...options,
    ...(json === undefined ? {} : { body: JSON.stringify(json), headers: { "content-type": "application/json", ...options.headers } }),
  });
}

export async function remove(path) {
  return get(path, { method: "DELETE" });
}

/**
 * The events of a path, until `isLast` says so of one, there are no more (204), or the signal is aborted. A connection that is lost, or silent, is taken up
 * again after the last event that came, so that none is lost and none comes twice. What is refused and will not pass is thrown.
 *
 * @param onconnection is told "live" and "lost"
 */
export async function* events(path, { signal, isLast, onconnection = () => {} }) {
  let lastId;
  let failures = 0;
  while (!signal.aborted) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const response = await call(path, {
        accept: "text/event-stream", signal: connection.signal, headers: lastId === undefined ? {} : { "last-event-id": lastId },
      });
      if (response.status === 204) {
        return;
      }
      onconnection("live");
      for await (const event of read(response.body, connection)) {
        failures = 0;
        lastId = event.id ?? lastId;
        yield event;
        if (isLast(event)) {
          return;
        }
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error instanceof ApiError && !error.mayPass) {
        throw error;
      }
    } finally {
      signal.removeEventListener("abort", abort);
      connection.abort();
    }
    onconnection("lost");
    await pause(Math.min(LONGEST_WAIT, 250 * 2 ** failures++), signal);
  }
}

async function* read(body, connection) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let turn = performance.now();
  while (true) {
    const silence = setTimeout(() => connection.abort(), SILENCE);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) {
      return;
    }
    for (const event of parser.push(decoder.decode(value, { stream: true }))) {
      yield event;
      if (performance.now() - turn > TURN) {
        await pause(0);
        turn = performance.now();
      }
    }
  }
}

/** The lines of a text that comes in pieces, blank ones left out. What breaks off is thrown. */
export async function* lines(body) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of chunks(body)) {
    const all = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = all.pop();
    yield* all.filter((line) => line.trim() !== "");
  }
  if (rest.trim() !== "") {
    yield rest;
  }
}

/** Not every browser can iterate over a stream. Leaving the loop ends the download. */
async function* chunks(body) {
  const reader = body.getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
