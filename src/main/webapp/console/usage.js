/** The section of usage: tokens and cost by day, caller and model, as a chart and as a table. */

import { download, get } from "./api.js";
import { chart } from "./chart.js";
import { facts, field, fill, h, number, repeat, save, showProblem } from "./dom.js";

const REFRESH_INTERVAL = 10_000;
/** Series with a colour of their own, including the series "others". */
const MAX_SERIES = 6;
const MAX_ROWS = 200;
const DAYS = 86_400_000;

const MEASURES = {
  tokens: { label: "Tokens", of: (row) => row.input_tokens + row.output_tokens + row.cache_creation_input_tokens + row.cache_read_input_tokens },
  output_tokens: { label: "Output tokens", of: (row) => row.output_tokens },
  requests: { label: "Requests", of: (row) => row.requests },
  cost: { label: "Cost", of: (row) => row.cost ?? 0 },
};
const GROUPS = { model: "Model", caller: "Caller", kind: "Messages and batches" };

export function usage(main, signal) {
  const today = new Date().toISOString().slice(0, 10);
  const from = h("input", { type: "date", value: new Date(Date.now() - 29 * DAYS).toISOString().slice(0, 10), required: true });
  const to = h("input", { type: "date", value: today, required: true });
  const measure = select(Object.entries(MEASURES).map(([name, one]) => [name, one.label]));
  const group = select(Object.entries(GROUPS));
  const picture = h("div", {});
  const failure = h("div", {});
  const saving = h("button", { type: "button", onclick: () => saveCsv() }, "Download CSV");
  const form = h("form", { class: "row", onchange: () => choose(), onsubmit: (event) => event.preventDefault() },
    field("From (UTC)", from), field("To (UTC)", to), field("Show", measure), field("By", group));
  fill(main, h("section", { class: "card", "aria-label": "Usage" }, h("h2", {}, "Usage"), form, failure, picture, h("div", { class: "actions" }, saving)));

  const query = () => `v1/usage?from=${from.value}&to=${to.value}`;
  let signature = "";
  // Only the latest request counts: the response to an earlier one may arrive later.
  let latestRequest = new AbortController();

  function choose() {
    to.setCustomValidity(from.value > to.value ? "The last day is before the first day." : "");
    if (form.reportValidity()) {
      refresh();
    }
  }

  async function refresh() {
    if (!form.checkValidity()) {
      return;
    }
    latestRequest.abort();
    latestRequest = new AbortController();
    const mine = AbortSignal.any([signal, latestRequest.signal]);
    const wanted = [MEASURES[measure.value], group.value, days(from.value, to.value)];
    try {
      const all = await get(query(), { signal: mine });
      showProblem(failure, null);
      const latest = JSON.stringify([all, wanted]);
      if (latest !== signature) {
        signature = latest;
        fill(picture, show(all, ...wanted));
      }
    } catch (error) {
      if (!mine.aborted) {
        showProblem(failure, error);
      }
    }
  }

  async function saveCsv() {
    try {
      save(await download(query(), { accept: "text/csv", signal }), `usage-${from.value}-${to.value}.csv`);
    } catch (error) {
      if (!signal.aborted) {
        showProblem(failure, error);
      }
    }
  }

  repeat(REFRESH_INTERVAL, signal, refresh);
  return { title: "Usage", show: () => {} };
}

function select(options) {
  return h("select", {}, options.map(([value, label]) => h("option", { value }, label)));
}

function days(from, to) {
  const all = [];
  for (let day = Date.parse(from); day <= Date.parse(to); day += DAYS) {
    all.push(new Date(day).toISOString().slice(0, 10));
  }
  return all;
}

function show({ data: rows, total }, measure, group, allDays) {
  if (rows.length === 0) {
    return h("p", { class: "empty" }, "No usage on these days. Send a prompt: its usage appears here within seconds.");
  }
  const unpriced = measure === MEASURES.cost ? [...new Set(rows.filter((row) => row.cost === undefined).map((row) => row.model))] : [];
  return [
    facts([["Requests", number(total.requests)], ["Input tokens", number(total.input_tokens)], ["Output tokens", number(total.output_tokens)], ["Cost", total.cost]]),
    unpriced.length > 0 && h("p", { class: "note" }, `No price is configured for ${unpriced.join(", ")}. Set claude.prices.<model>.input and claude.prices.<model>.output (per million tokens).`),
    chart({ title: `${measure.label} by day and ${GROUPS[group].toLowerCase()}`, days: allDays, series: series(rows, measure, group, allDays) }),
    table(rows.slice(0, MAX_ROWS)),
    rows.length > MAX_ROWS && h("p", { class: "muted" }, `The first ${MAX_ROWS} of ${number(rows.length)} rows. The CSV has all of them.`),
  ];
}

function series(rows, measure, group, allDays) {
  const sums = new Map();
  for (const row of rows) {
    sums.set(row[group], (sums.get(row[group]) ?? 0) + measure.of(row));
  }
  const names = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a));
  const own = names.slice(0, names.length > MAX_SERIES ? MAX_SERIES - 1 : MAX_SERIES);
  const nameOf = (row) => (own.includes(row[group]) ? row[group] : "others");
  return [...own, ...(own.length < names.length ? ["others"] : [])].map((name) => {
    const values = new Map();
    rows.filter((row) => nameOf(row) === name).forEach((row) => values.set(row.day, (values.get(row.day) ?? 0) + measure.of(row)));
    return { name, values: allDays.map((day) => values.get(day) ?? 0) };
  });
}

function table(rows) {
  const hasCost = rows.some((row) => row.cost !== undefined);
  const numbers = ["requests", "input_tokens", "output_tokens", "cache_read_input_tokens"];
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Usage by day, caller and model" }, h("table", { class: "numbers" },
    h("thead", {}, h("tr", {}, ["Day", "Caller", "Model", "Kind", "Requests", "Input", "Output", "Cache read", ...(hasCost ? ["Cost"] : [])].map((name, index) =>
      h("th", { class: index > 3 ? "right" : null }, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("td", {}, row.day), h("td", {}, row.caller), h("td", {}, row.model), h("td", {}, row.kind, row.simulator && " (simulator)"),
      numbers.map((name) => h("td", { class: "right" }, number(row[name]))), hasCost && h("td", { class: "right" }, row.cost ?? "–"))))));
}
