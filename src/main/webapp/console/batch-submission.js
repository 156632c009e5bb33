/** The form that checks a file of requests and submits it as one batch. */

import { idempotencyKey, upload } from "./api.js";
import { check, kindOf } from "./batch-file.js";
import { count, field, fill, h, number, problem } from "./dom.js";
import { maxTokensField, modelField, systemField } from "./request-form.js";

export function submission(signal) {
  const input = h("input", {
    type: "file", accept: ".csv,.ndjson,.jsonl,text/csv,application/x-ndjson", onchange: () => choose(input.files[0]),
    // Without this, choosing the same file again after a correction does not fire a change event.
    onclick: () => (input.value = ""),
  });
  const drop = h("div", { class: "drop" },
    field("File", input, "CSV with the columns custom_id and prompt, or NDJSON with one {\"custom_id\",\"params\"} per line. Drop the file here, or choose it."));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  // Without this, the browser opens a file that is dropped elsewhere, in place of this page.
  for (const name of ["dragover", "drop"]) {
    addEventListener(name, (event) => event.preventDefault(), { signal });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    input.value = "";
    choose(event.dataTransfer.files[0]);
  });
  const model = modelField();
  const maxTokens = maxTokensField();
  // Limited, because the system prompt is a query parameter of the request.
  const system = systemField(1_000);
  const charset = h("select", {}, ["UTF-8", "windows-1252"].map((name) => h("option", {}, name)));
  const csvFields = h("fieldset", { hidden: true, onchange: () => examine() },
    h("legend", {}, "Defaults for rows without a model, max_tokens or system"),
    h("div", { class: "row" }, model.element, maxTokens.element, field("Encoding of the file", charset)), system.element);
  const findings = h("div", { class: "findings", role: "status" });
  const failure = h("div", {});
  const submit = h("button", { class: "primary", disabled: true }, "Submit");
  let chosen = null;
  let key = idempotencyKey();
  let examination = new AbortController();
  signal.addEventListener("abort", () => examination.abort());

  function choose(file) {
    submit.disabled = true;
    key = idempotencyKey();
    chosen = file ?? null;
    csvFields.disabled = csvFields.hidden = !chosen || kindOf(chosen) !== "csv";
    // Not earlier: a layout change during a click makes the user miss the button.
    fill(findings, chosen && h("p", { class: "muted" }, `Checking ${chosen.name} …`));
    examine();
  }

  /** Checks the chosen file. Returns whether it has no problems and is still the chosen file. */
  async function examine() {
    examination.abort();
    examination = new AbortController();
    const mine = examination.signal;
    fill(failure);
    if (!chosen) {
      fill(findings);
      return false;
    }
    try {
      const found = await check(chosen, kindOf(chosen), { model: model.value(), maxTokens: maxTokens.value(), charset: charset.value }, mine);
      if (!mine.aborted) {
        show(found);
        return found.problems.length === 0;
      }
    } catch (error) {
      if (!mine.aborted) {
        fill(findings, problem({ type: "The file could not be read.", message: error.message }));
      }
    }
    return false;
  }

  function show(found) {
    const isGood = found.problems.length === 0;
    submit.disabled = !isGood;
    fill(findings,
      h("p", { class: isGood ? "good" : "bad" }, isGood
        ? `${count(found.requests, "request")} in ${chosen.name}, ready to submit.`
        : `${found.hasMore ? "More than " : ""}${count(found.problems.length, "problem")} in ${chosen.name}; nothing was sent.`),
      isGood && h("p", { class: "muted" }, "First request: ", h("code", {}, found.first.id), " ", h("q", {}, found.first.prompt)),
      !isGood && h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Problems by line" },
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { class: "right" }, "Line"), h("th", {}, "Problem"))),
          h("tbody", {}, found.problems.map((one) => h("tr", {}, h("td", { class: "right" }, number(one.line)), h("td", {}, one.message)))))));
  }

  async function send(event) {
    event.preventDefault();
    // A default for all rows may have changed since the last check.
    form.inert = true;
    if (!await examine()) {
      form.inert = false;
      return;
    }
    fill(failure, h("p", { class: "muted", role: "status" }, "Submitting …"));
    const isCsv = kindOf(chosen) === "csv";
    const query = new URLSearchParams(isCsv ? { model: model.value(), max_tokens: maxTokens.value(), ...(system.value() ? { system: system.value() } : {}) } : {});
    try {
      const batch = await upload(`v1/batches?${query}`, chosen, {
        signal, headers: { "idempotency-key": key, "content-type": isCsv ? `text/csv;charset=${charset.value}` : "application/x-ndjson" },
      });
      if (!signal.aborted) {
        location.hash = `#/batches/${batch.id}`;
      }
    } catch (error) {
      fill(failure, !signal.aborted && problem(error));
    } finally {
      form.inert = false;
    }
  }

  function change() {
    key = idempotencyKey();
    fill(failure);
  }

  const form = h("form", { class: "card", onsubmit: send, oninput: () => change() }, h("h2", {}, "New batch"), drop, csvFields, findings,
    h("div", { class: "actions" }, submit), failure);
  return form;
}
