/** The fields of a Messages body that streams, jobs and batches have in common. */

import { get } from "./api.js";
import { field, h } from "./dom.js";

const USUAL_MODEL = "claude-opus-5-5";

let models = null;

/** A model's name, of which those that the server knows are proposed. */
export function modelField() {
  const list = h("datalist", { id: "models" });
  const input = h("input", { list: "models", value: USUAL_MODEL, required: true, maxlength: 256, autocomplete: "off", spellcheck: "false" });
  input.addEventListener("focus", async () => {
    models ??= get("v1/models?limit=100").then((page) => page.data.map((model) => model.id)).catch(() => (models = null) ?? []);
    list.replaceChildren(...(await models).map((id) => h("option", { value: id })));
  }, { once: true });
  return { element: h("div", {}, field("Model", input), list), value: () => input.value.trim() };
}

export function maxTokensField() {
  const input = h("input", { type: "number", min: 1, max: 1_000_000, value: 4096, required: true });
  return {
    element: field("Max tokens", input),
    value: () => input.valueAsNumber,
    /** Thinking is part of it. */
    mustExceed: (budget) => (input.min = budget + 1),
  };
}

/** @param longest in characters, where there is a limit */
export function systemField(longest) {
  const input = h("textarea", { rows: 2, maxlength: longest });
  return { element: field("System", input), value: () => input.value.trim() || undefined };
}

/** Sends a form when Ctrl or Command and Enter are pressed in a control. */
export function sendsOnEnter(control, form) {
  control.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
