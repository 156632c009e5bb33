/** The header of every page: the upstream, the health of the server, the API key and the theme. */

import { apiKey } from "./api.js";
import { facts, field, fill, h, repeat } from "./dom.js";

const REFRESH_INTERVAL = 10_000;

/** The last response of `health/ready`; null before the first. */
let ready = null;

/** Shows the health and the upstream, and updates them. Unchanged elements stay: a screen reader announces replaced ones again, and they lose the focus. */
export async function watchHealth(upstream, health, keyButton, signal) {
  const summary = health.querySelector("summary");
  const popup = health.appendChild(h("div", { class: "popup" }));
  let shown = null;
  await repeat(REFRESH_INTERVAL, signal, async () => {
    ready = await readHealth();
    const latest = JSON.stringify(ready);
    if (latest !== shown) {
      shown = latest;
      show(upstream, summary, popup);
      keyButton.hidden = !requiresKeys() && !apiKey.get();
    }
  });
}

async function readHealth() {
  try {
    const response = await fetch("health/ready", { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(REFRESH_INTERVAL) });
    const body = await response.json();
    return { isUp: response.ok, data: body.checks.find((check) => check.name === "claude")?.data ?? {} };
  } catch {
    return { isUp: false, data: null };
  }
}

function requiresKeys() {
  return ready?.data?.callers === "clients with keys" || ready?.data?.key === "callers";
}

function show(upstream, summary, popup) {
  const { isUp, data } = ready;
  if (!data) {
    summary.className = "down";
    summary.textContent = "Unreachable";
    fill(popup, h("p", {}, "The server does not answer. Is it running? This page keeps trying to connect, and then continues."));
    return;
  }
  const isWell = isUp && data["not-served"] === "nothing";
  summary.className = isWell ? "up" : isUp ? "limited" : "down";
  summary.textContent = isWell ? "Healthy" : isUp ? "Limited" : "Not ready";
  const { "not-served": notServed, ...others } = data;
  fill(popup, notServed && notServed !== "nothing" && h("p", { class: "bad" }, `Not served at the moment: ${notServed}`),
    // The names are those of the health check, which operators know from their tools.
    facts(Object.entries(others).map(([name, value]) => [name.replaceAll("-", " "), String(value)])),
    h("a", { href: "openapi/ui/" }, "API documentation"));
  const isSimulator = data.upstream === "simulator";
  const text = isSimulator ? [h("strong", {}, "Simulator"), ": no request is sent to Claude, and nothing is charged."]
    : data.upstream && ["Claude at ", h("strong", {}, host(data.upstream))];
  const place = h("span", {}, text);
  if (upstream.textContent !== place.textContent) {
    upstream.className = isSimulator ? "simulator" : "";
    fill(upstream, place);
  }
}

/** Closes a popup when Escape is pressed, or when the user clicks elsewhere. */
export function closeOnEscape(details) {
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

/** The dialog for the API key. It opens when the API requires a key, but not again after the user closes it. The page reloads with the new key. */
export function setUpKeyDialog(dialog, button) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true, pattern: "\\s*[\\x21-\\x7e]+\\s*", title: "ASCII letters, digits and punctuation, without spaces" });
  const why = h("p", { role: "status" });
  const usual = "The console calls the API with this key. The key stays in this tab until you close the tab. It never appears in a URL.";
  let isDismissed = false;
  const forget = h("button", { type: "button", onclick: () => storeKey("") }, "Forget key");
  fill(dialog, h("form", { method: "dialog", onsubmit: () => storeKey(input.value.trim()) },
    h("h2", {}, "Use an API key"), why, field("API key", input),
    h("div", { class: "actions" }, h("button", { class: "primary" }, "Use key"), forget, h("button", { type: "button", onclick: () => dialog.close() }, "Close"))));
  dialog.addEventListener("close", () => (isDismissed = true));

  function storeKey(value) {
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
  addEventListener("key-required", (event) => {
    // Otherwise, Claude does not accept the server's own key, and another key of the caller does not help.
    if (!isDismissed && (ready === null || requiresKeys())) {
      button.hidden = false;
      open(apiKey.get() ? `This key is not accepted: ${event.detail}.` : "This server requires an API key. Its operator can give you one.");
    }
  });
}

const THEME = "claude-jakarta.theme";

/** Sets light or dark colours. The setting of the system applies until the user chooses. */
export function setUpTheme(select) {
  select.value = localStorage.getItem(THEME) ?? "";
  const apply = () => document.documentElement.setAttribute("data-theme", select.value);
  select.addEventListener("change", () => {
    localStorage.setItem(THEME, select.value);
    apply();
  });
  apply();
}
