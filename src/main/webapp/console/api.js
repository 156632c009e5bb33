/** Calls to the public API under /v1. The console uses no other interface. */

import { pause } from "./dom.js";
import { SseParser } from "./sse.js";

const KEY = "claude-jakarta.api-key";
/** Milliseconds until a response that is not streamed must be complete. Uploads have no limit. */
const RESPONSE_TIMEOUT = 60_000;
/** Milliseconds without data after which a connection is closed and resumed. The server sends a keep-alive every ten seconds by default. */
const SILENCE_TIMEOUT = 45_000;
const MIN_RETRY_DELAY = 250;
const MAX_RETRY_DELAY = 10_000;
/** Milliseconds until a hidden page closes its connection, because a browser opens at most six connections to a server. */
const HIDDEN_TIMEOUT = 3_000;
/** Milliseconds of event handling before the page may render. */
const MAX_TURN = 12;

/** The API key. It is stored until this tab is closed, and never appears in a URL. */
export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** An error of the API in Anthropic's format, or `connection_error` if no response arrived. */
class ApiError extends Error {
  constructor(type, message, { status = 0, requestId = null, retryAfter = 0 } = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.requestId = requestId;
    /** Milliseconds. */
    this.retryAfter = retryAfter;
  }

  /** Whether a retry may succeed. */
  get isRetryable() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const CONNECTION_LOST = new ApiError("connection_error", "The connection is lost.");

/** A new idempotency key: the server accepts a submission once, even if its response was lost and it is sent again. */
export function idempotencyKey() {
  // Pages loaded over plain HTTP from another machine do not have randomUUID.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a request and returns the response. Throws an ApiError if the status is 400 or above. */
export async function call(path, { method = "GET", accept = "application/json", headers = {}, body, signal } = {}) {
  const key = apiKey.get();
  let response;
  try {
    response = await fetch(path, {
      method, body, signal, cache: "no-store", credentials: "omit",
      headers: { accept, ...(key ? { "x-api-key": key } : {}), ...headers },
    });
  } catch (error) {
    if (signal?.aborted && signal.reason?.name !== "TimeoutError") {
      throw error;
    }
    throw new ApiError("connection_error", "The server does not answer. Is it running?");
  }
  if (!response.ok) {
    throw await errorOf(response);
  }
  return response;
}

async function errorOf(response) {
  const requestId = response.headers.get("request-id");
  let error;
  try {
    error = (await response.json()).error;
  } catch {
    error = null;
  }
  if (response.status === 401) {
    dispatchEvent(new CustomEvent("key-required", { detail: error?.message }));
  }
  return new ApiError(error?.type ?? "api_error", error?.message ?? `HTTP status ${response.status}`, {
    status: response.status, requestId, retryAfter: 1000 * (Number(response.headers.get("retry-after")) || 0),
  });
}

export async function get(path, { signal, ...options } = {}) {
  const limit = AbortSignal.timeout(RESPONSE_TIMEOUT);
  try {
    return await (await call(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit })).json();
  } catch (error) {
    throw error.name === "TimeoutError" ? new ApiError("connection_error", "The server did not complete its response within 60 s. Try again.") : error;
  }
}

/** Sends a POST request with `json` as its body, or without a body if `json` is absent. */
export async function post(path, { json, headers, signal } = {}) {
  return get(path, json === undefined ? { method: "POST", headers, signal }
    : { method: "POST", signal, body: JSON.stringify(json), headers: { "content-type": "application/json", ...headers } });
}

/** Uploads a file, without a time limit. */
export async function upload(path, file, { headers, signal }) {
  return (await call(path, { method: "POST", body: file, headers, signal })).json();
}

/** Downloads a response as a Blob. Throws an ApiError if the download is interrupted, so an incomplete file is never saved. */
export async function download(path, { accept, signal }) {
  const response = await call(path, { accept, signal });
  const parts = [];
  try {
    for await (const piece of chunks(response.body)) {
      // The browser may keep Blobs on disk; arrays stay in memory.
      parts.push(new Blob([piece]));
    }
  } catch (error) {
    throw signal.aborted ? error : new ApiError("connection_error", "The download was interrupted. Nothing was saved. Try again.");
  }
  return new Blob(parts);
}

export async function remove(path) {
  return get(path, { method: "DELETE" });
}

/**
 * Yields the events of a path until `isLast` returns true for one, the server has no more (204), or the signal is aborted. A connection that is lost or
 * silent, or closed because the page was hidden, is resumed after the last event: no event is lost or repeated. Throws errors that are not retryable.
 *
 * @param onconnection is called with the error that interrupts the events, and with null when events arrive again
 */
export async function* events(path, { signal, isLast, onconnection = () => {} }) {
  let lastId;
  let failures = 0;
  while (!signal.aborted) {
    let interruption = CONNECTION_LOST;
    await whenVisible(signal);
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener("abort", abort, { once: true });
    whenHidden(abort, connection.signal);
    const silence = setTimeout(abort, SILENCE_TIMEOUT);
    try {
      const response = await call(path, {
        accept: "text/event-stream", signal: connection.signal, headers: lastId === undefined ? {} : { "last-event-id": lastId },
      });
      clearTimeout(silence);
      if (response.status === 204) {
        return;
      }
      onconnection(null);
      for await (const event of parseEvents(response.body)) {
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
      if (error instanceof ApiError) {
        interruption = error;
      }
      if (!interruption.isRetryable) {
        throw error;
      }
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
      connection.abort();
    }
    if (document.hidden) {
      continue;
    }
    onconnection(interruption);
    await pause(retryDelay(failures++, interruption), signal);
  }
}

function retryDelay(failures, interruption) {
  return Math.max(interruption.retryAfter, Math.min(MAX_RETRY_DELAY, MIN_RETRY_DELAY * 2 ** failures));
}

/** Gets the JSON of a path and retries retryable errors without limit. Reports interruptions to `onconnection` as `events` does. */
export async function getWithRetries(path, { signal, onconnection = () => {} }) {
  for (let failures = 0; ; failures++) {
    try {
      const answer = await get(path, { signal });
      onconnection(null);
      return answer;
    } catch (error) {
      if (signal.aborted || !error.isRetryable) {
        throw error;
      }
      onconnection(error);
      await pause(retryDelay(failures, error), signal);
    }
  }
}

/** The text to show while events are interrupted; empty if they are not. */
export function connectionText(interruption) {
  return interruption === null ? "" : interruption.status ? `${interruption.type}: ${interruption.message} Retrying …` : "The connection is lost. Reconnecting …";
}

/** Waits until the page is visible. */
function whenVisible(signal) {
  return !document.hidden || signal.aborted ? null : new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}

function whenHidden(action, signal) {
  let timer = null;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    timer = document.hidden ? setTimeout(action, HIDDEN_TIMEOUT) : null;
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

async function* parseEvents(body) {
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let turn = performance.now();
  for await (const piece of chunks(body)) {
    for (const event of parser.push(decoder.decode(piece, { stream: true }))) {
      yield event;
      if (performance.now() - turn > MAX_TURN) {
        await pause(0);
        turn = performance.now();
      }
    }
  }
}

/** Yields the lines of a body, except blank lines. Throws if the body is interrupted. */
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

/** Yields the chunks of a body, since not every browser can iterate over one. Cancels the body if it is silent for too long, or if the caller stops. */
async function* chunks(body) {
  const reader = body.getReader();
  try {
    while (true) {
      let timer;
      const silence = new Promise((resolve, reject) => (timer = setTimeout(() => reject(CONNECTION_LOST), SILENCE_TIMEOUT)));
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
      if (done) {
        return;
      }
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
