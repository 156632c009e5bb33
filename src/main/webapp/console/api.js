/** The public API under /v1, and nothing else. */

import { pause } from "./dom.js";
import { SseParser } from "./sse.js";

const KEY = "claude-jakarta.api-key";
/** Until an answer is there that is not streamed; what is uploaded takes what it takes. */
const PATIENCE = 60_000;
/** The server sends a sign of life every ten seconds, unless it is configured otherwise; then a watcher resumes for nothing. */
const SILENCE = 45_000;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 10_000;
/** A browser has six connections to a server; a page that nobody sees gives back its own after so long. */
const UNSEEN = 3_000;
/** Of work on events before the page gets its turn. */
const TURN = 12;

/** For as long as this tab is open, and never in a URL. */
export const apiKey = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** What the API refused, in Anthropic's shape; or `connection_error` where nobody answered. */
class ApiError extends Error {
  constructor(type, message, { status = 0, requestId = null, retryAfter = 0 } = {}) {
    super(message);
    this.type = type;
    this.status = status;
    this.requestId = requestId;
    /** Milliseconds. */
    this.retryAfter = retryAfter;
  }

  /** Whether asking again may help. */
  get mayPass() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const LOST = new ApiError("connection_error", "The connection is lost.");

/** A name for what is submitted, so that it is not submitted twice when its answer was lost. */
export function idempotencyKey() {
  // Not randomUUID, which pages that came by plain HTTP from another machine do not have.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
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
    if (signal?.aborted && signal.reason?.name !== "TimeoutError") {
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
  return new ApiError(error?.type ?? "api_error", error?.message ?? `HTTP status ${response.status}`, {
    status: response.status, requestId, retryAfter: 1000 * (Number(response.headers.get("retry-after")) || 0),
  });
}

export async function get(path, { signal, ...options } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  try {
    return await (await call(path, { ...options, signal: signal ? AbortSignal.any([signal, limit]) : limit })).json();
  } catch (error) {
    throw error.name === "TimeoutError" ? new ApiError("connection_error", "The server has begun an answer and does not end it.") : error;
  }
}

/** `json` is sent as such; without it nothing is. */
export async function post(path, { json, headers, signal } = {}) {
  return get(path, json === undefined ? { method: "POST", headers, signal }
    : { method: "POST", signal, body: JSON.stringify(json), headers: { "content-type": "application/json", ...headers } });
}

/** Sends a file, for as long as it takes. */
export async function upload(path, file, { headers, signal }) {
  return (await call(path, { method: "POST", body: file, headers, signal })).json();
}

/** What is to be kept as a file; one that breaks off is none. */
export async function download(path, { accept, signal }) {
  const response = await call(path, { accept, signal });
  const parts = [];
  try {
    for await (const piece of chunks(response.body)) {
      // Blobs, unlike arrays, need not be in memory.
      parts.push(new Blob([piece]));
    }
  } catch (error) {
    throw signal.aborted ? error : new ApiError("connection_error", "The download broke off; nothing was saved. Try again.");
  }
  return new Blob(parts);
}

export async function remove(path) {
  return get(path, { method: "DELETE" });
}

/**
 * The events of a path, until `isLast` says so of one, there are no more (204), or the signal is aborted. A connection that is lost, or silent, is taken up
 * again after the last event that came, so that none is lost and none comes twice; so is that of a page that was out of sight. What is refused and will
 * not pass is thrown.
 *
 * @param onconnection is told what keeps it from coming, and null when it comes
 */
export async function* events(path, { signal, isLast, onconnection = () => {} }) {
  let lastId;
  let failures = 0;
  while (!signal.aborted) {
    let obstacle = LOST;
    await seen(signal);
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener("abort", abort, { once: true });
    whenUnseen(abort, connection.signal);
    const silence = setTimeout(abort, SILENCE);
    try {
      const response = await call(path, {
        accept: "text/event-stream", signal: connection.signal, headers: lastId === undefined ? {} : { "last-event-id": lastId },
      });
      clearTimeout(silence);
      if (response.status === 204) {
        return;
      }
      onconnection(null);
      for await (const event of read(response.body)) {
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
        obstacle = error;
      }
      if (!obstacle.mayPass) {
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
    onconnection(obstacle);
    await pause(wait(failures++, obstacle), signal);
  }
}

function wait(failures, obstacle) {
  return Math.max(obstacle.retryAfter, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures));
}

/** What a path answers, sooner or later: what may pass is waited for, and told as by `events`. */
export async function insist(path, { signal, onconnection = () => {} }) {
  for (let failures = 0; ; failures++) {
    try {
      const answer = await get(path, { signal });
      onconnection(null);
      return answer;
    } catch (error) {
      if (signal.aborted || !error.mayPass) {
        throw error;
      }
      onconnection(error);
      await pause(wait(failures, error), signal);
    }
  }
}

/** What to show while something keeps events from coming. */
export function obstacleText(obstacle) {
  return obstacle === null ? "" : obstacle.status ? `${obstacle.type}: ${obstacle.message} It is tried again …` : "The connection is lost; it is taken up again …";
}

/** Waits until the page is looked at. */
function seen(signal) {
  return !document.hidden || signal.aborted ? null : new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}

function whenUnseen(action, signal) {
  let timer = null;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    timer = document.hidden ? setTimeout(action, UNSEEN) : null;
  }, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

async function* read(body) {
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let turn = performance.now();
  for await (const piece of chunks(body)) {
    for (const event of parser.push(decoder.decode(piece, { stream: true }))) {
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

/** Not every browser can iterate over a stream. What is silent for too long is given up; so is what nobody reads any more. */
async function* chunks(body) {
  const reader = body.getReader();
  try {
    while (true) {
      let timer;
      const silence = new Promise((resolve, reject) => (timer = setTimeout(() => reject(LOST), SILENCE)));
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
