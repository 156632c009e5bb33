/** The fields of a request body that streams, jobs and batches share. */

import { get } from "./api.js";
import { field, h } from "./dom.js";

const DEFAULT_MODEL = "claude-opus-5-5";

let models = null;

/** The field of the model, which suggests the models that the server knows. */
export function modelField() {
  const list = h("datalist", { id: "models" });
  const input = h("input", { list: "models", value: DEFAULT_MODEL, required: true, maxlength: 256, autocomplete: "off", spellcheck: "false" });
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
    /** Sets the minimum above the thinking budget, because max_tokens includes thinking. */
    requireMoreThan: (budget) => (input.min = budget + 1),
  };
}

/** The field of the system prompt. `longest` is its maximum length in characters; absent means unlimited. */
export function systemField(longest) {
  const input = h("textarea", { rows: 2, maxlength: longest });
  return { element: field("System", input), value: () => input.value.trim() || undefined };
}

/** Submits a form when Ctrl or Command and Enter are pressed in a control. */
export function submitOnEnter(control, form) {
  control.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
