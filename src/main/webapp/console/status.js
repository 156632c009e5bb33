/** What every page says: whom this server talks to, how it is, and with which key one asks. */

import { apiKey } from "./api.js";
import { facts, field, fill, h, repeat } from "./dom.js";

const BETWEEN_LOOKS = 10_000;

/** What `health/ready` says, where it has been asked. */
let ready = null;

/** Keeps what is said of the server true, and touches it only where it is not: what is replaced is read out again, and loses the focus. */
export async function watchHealth(upstream, health, keyButton, signal) {
  const summary = health.querySelector("summary");
  const popup = health.appendChild(h("div", { class: "popup" }));
  let shown = null;
  await repeat(BETWEEN_LOOKS, signal, async () => {
    ready = await look();
    const latest = JSON.stringify(ready);
    if (latest !== shown) {
      shown = latest;
      show(upstream, summary, popup);
      keyButton.hidden = !asksForKeys() && !apiKey.get();
    }
  });
}

async function look() {
  try {
    const response = await fetch("health/ready", { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(BETWEEN_LOOKS) });
    const body = await response.json();
    return { isUp: response.ok, data: body.checks.find((check) => check.name === "claude")?.data ?? {} };
  } catch {
    return { isUp: false, data: null };
  }
}

function asksForKeys() {
  return ready?.data?.callers === "clients with keys" || ready?.data?.key === "callers";
}

function show(upstream, summary, popup) {
  const { isUp, data } = ready;
  if (!data) {
    summary.className = "down";
    summary.textContent = "Unreachable";
    fill(popup, h("p", {}, "The server does not answer. Is it running? This page goes on asking, and goes on where it was."));
    return;
  }
  const isWell = isUp && data["not-served"] === "nothing";
  summary.className = isWell ? "up" : isUp ? "limited" : "down";
  summary.textContent = isWell ? "Healthy" : isUp ? "Limited" : "Not ready";
  const { "not-served": notServed, ...others } = data;
  fill(popup, notServed && notServed !== "nothing" && h("p", { class: "bad" }, `Not served at the moment: ${notServed}`),
    // The circuit breaker and the like have their names from operators' tools.
    facts(Object.entries(others).map(([name, value]) => [name.replaceAll("-", " "), String(value)])),
    h("a", { href: "openapi/ui/" }, "API documentation"));
  const isSimulator = data.upstream === "simulator";
  const text = isSimulator ? [h("strong", {}, "Simulator"), " answers: no model is asked, nothing is spent."]
    : data.upstream && ["Claude at ", h("strong", {}, host(data.upstream))];
  const place = h("span", {}, text);
  if (upstream.textContent !== place.textContent) {
    upstream.className = isSimulator ? "simulator" : "";
    fill(upstream, place);
  }
}

/** As one expects of what lies over a page. */
export function closesOnEscape(details) {
  details.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && details.open) {
      details.open = false;
      details.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) {
      details.open = false;
    }
  });
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** Asks for the key, says why, and starts the page anew with it. Whoever closes it is not asked again until he asks for it. */
export function keyDialog(dialog, button) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true, pattern: "\\s*[\\x21-\\x7e]+\\s*", title: "Letters, digits and signs, without blanks" });
  const why = h("p", { role: "status" });
  const usual = "The key with which this console calls the API. It stays in this tab until it is closed, and is in no URL.";
  let isDismissed = false;
  const forget = h("button", { type: "button", onclick: () => keep("") }, "Forget it");
  fill(dialog, h("form", { method: "dialog", onsubmit: () => keep(input.value.trim()) },
    h("h2", {}, "Use an API key"), why, field("API key", input),
    h("div", { class: "actions" }, h("button", { class: "primary" }, "Use it"), forget, h("button", { type: "button", onclick: () => dialog.close() }, "Close"))));
  dialog.addEventListener("close", () => (isDismissed = true));

  function keep(value) {
    apiKey.set(value);
    location.reload();
  }

  function open(reason) {
    if (!dialog.open) {
      why.textContent = reason;
      forget.hidden = !apiKey.get();
      input.value = "";
      dialog.showModal();
    }
  }
  button.addEventListener("click", () => open(usual));
  addEventListener("key-wanted", (event) => {
    // Else it is the server's own key that Claude does not accept.
    if (!isDismissed && (ready === null || asksForKeys())) {
      button.hidden = false;
      open(apiKey.get() ? `This key is not accepted: ${event.detail}.` : "This server asks for an API key. Whoever runs it has yours.");
    }
  });
}

const THEME = "claude-jakarta.theme";

/** Light or dark, as the system has it until somebody chooses. */
export function themeChoice(select) {
  select.value = localStorage.getItem(THEME) ?? "";
  const apply = () => document.documentElement.setAttribute("data-theme", select.value);
  select.addEventListener("change", () => {
    localStorage.setItem(THEME, select.value);
    apply();
  });
  apply();
}
