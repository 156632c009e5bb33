/** What every page says: whom this server talks to, how it is, and with which key one asks. */

import { apiKey } from "./api.js";
import { chip, facts, field, fill, h, pause } from "./dom.js";

const BETWEEN_LOOKS = 10_000;

export async function watchHealth(upstream, health, keyButton, signal) {
  while (!signal.aborted) {
    const ready = document.hidden ? null : await look();
    if (ready) {
      show(ready, upstream, health, keyButton);
    }
    await pause(BETWEEN_LOOKS, signal);
  }
}

async function look() {
  try {
    const response = await fetch("health/ready", { cache: "no-store", credentials: "omit" });
    const body = await response.json();
    return { isUp: response.ok, data: body.checks.find((check) => check.name === "claude")?.data ?? {} };
  } catch {
    return { isUp: false, data: null };
  }
}

function show({ isUp, data }, upstream, health, keyButton) {
  if (!data) {
    fill(health, h("summary", { class: "down" }, "Away"), h("div", { class: "popup" }, h("p", {}, "The server does not answer. Is it running? This page asks again every ten seconds.")));
    return;
  }
  const isSimulator = data.upstream === "simulator";
  upstream.className = isSimulator ? "simulator" : "";
  fill(upstream, isSimulator ? [h("strong", {}, "Simulator"), " answers: no model is asked, nothing is spent."]
    : data.upstream && ["Claude at ", h("strong", {}, host(data.upstream))]);
  const isWell = isUp && data["not-served"] === "nothing";
  fill(health, h("summary", { class: isWell ? "up" : isUp ? "limited" : "down" }, isWell ? "Healthy" : isUp ? "Limited" : "Not ready"),
    h("div", { class: "popup" }, facts(Object.entries(data).map(([name, value]) => [name.replaceAll("-", " "), String(value)])),
      h("a", { href: "openapi/ui/" }, "API documentation")));
  keyButton.hidden = data.callers !== "clients with keys" && data.key !== "callers" && !apiKey.get();
}

function host(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** Asks for the key, says why, and starts the page anew with it. */
export function keyDialog(dialog, button) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false" });
  const why = h("p", { role: "status" });
  const usual = "The key with which this console calls the API. It stays in this tab until it is closed, and is in no URL.";
  fill(dialog, h("form", { method: "dialog", onsubmit: () => keep(input.value.trim()) },
    h("h2", {}, "Use an API key"), why, field("API key", input),
    h("div", { class: "actions" }, h("button", { class: "primary" }, "Use it"),
      h("button", { type: "button", onclick: () => keep("") }, "Forget it"), h("button", { type: "button", onclick: () => dialog.close() }, "Close"))));

  function keep(value) {
    apiKey.set(value);
    location.reload();
  }

  function open(reason) {
    if (!dialog.open) {
      why.textContent = reason ?? usual;
      input.value = "";
      dialog.showModal();
    }
  }
  button.addEventListener("click", () => open(null));
  addEventListener("key-wanted", (event) => {
    button.hidden = false;
    open(apiKey.get() ? `This key is not accepted: ${event.detail}.` : "This server asks for an API key. Whoever runs it has yours.");
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
