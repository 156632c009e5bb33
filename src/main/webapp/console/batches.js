/** Batches: a file checked and submitted, followed to its end, and its results looked through. */

import { call, events, idempotencyKey, lines, obstacleText, post, remove } from "./api.js";
import { check, kindOf } from "./batch-file.js";
import { Collection, statusFilter } from "./collection.js";
import { announce, chip, count, facts, field, fill, h, number, pause, problem, save, seconds, svg, time } from "./dom.js";
import { usageFacts, wholeMessage } from "./message-view.js";
import { maxTokensField, modelField, systemField } from "./request-form.js";

const OUTCOMES = ["succeeded", "errored", "expired", "canceled", "processing"];
const SHOWN_RESULTS = 50;
const SHORTEST_SEARCH = 250;

export function batches(main, signal) {
  const place = h("div", {});
  const list = new Collection({
    title: "Batches", path: "batches", signal,
    filter: statusFilter("Status of batches", ["in_progress", "canceling", "ended", "failed"]),
    empty: "No batches here. Drop a file to submit one.",
    show: (batch) => [
      h("span", { class: "line" }, chip(batch.status), " ", time(batch.created_at)),
      h("small", {}, `${count(batch.requests, "request")} · ${batch.id.slice(0, 16)}…`),
    ],
  });
  fill(main, h("div", { class: "panes" }, place, list.element));
  let shown = new AbortController();
  signal.addEventListener("abort", () => shown.abort());
  return {
    title: "Batches",
    show(id) {
      shown.abort();
      shown = new AbortController();
      list.select(id);
      if (id) {
        new ShownBatch(id, place, shown.signal, () => list.refresh()).run();
      } else {
        fill(place, submission(shown.signal));
      }
      list.refresh();
    },
  };
}

function submission(signal) {
  const input = h("input", {
    type: "file", accept: ".csv,.ndjson,.jsonl,text/csv,application/x-ndjson", onchange: () => choose(input.files[0]),
    // Else a file that was mended, and is chosen again, is none that is new.
    onclick: () => (input.value = ""),
  });
  const drop = h("div", { class: "drop" },
    field("File", input, "CSV with the columns custom_id and prompt, or NDJSON, one {\"custom_id\",\"params\"} a line. Drop it here, or choose it."));
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  // A browser opens what is dropped elsewhere, in place of this page.
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
  // It goes along in the address of the request.
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
    // Only now: what moves while somebody clicks is not clicked at.
    fill(findings, chosen && h("p", { class: "muted" }, `Checking ${chosen.name} …`));
    examine();
  }

  /** Whether it is good, and still the one that is chosen. */
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
      isGood && h("p", { class: "muted" }, "The first: ", h("code", {}, found.first.id), " ", h("q", {}, found.first.prompt)),
      !isGood && h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Problems by line" },
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { class: "right" }, "Line"), h("th", {}, "What is wrong"))),
          h("tbody", {}, found.problems.map((one) => h("tr", {}, h("td", { class: "right" }, number(one.line)), h("td", {}, one.message)))))));
  }

  async function send(event) {
    event.preventDefault();
    // What goes for all rows may have been changed just now.
    form.inert = true;
    if (!await examine()) {
      form.inert = false;
      return;
    }
    fill(failure, h("p", { class: "muted", role: "status" }, "Submitting …"));
    const isCsv = kindOf(chosen) === "csv";
    const query = new URLSearchParams(isCsv ? { model: model.value(), max_tokens: maxTokens.value(), ...(system.value() ? { system: system.value() } : {}) } : {});
    try {
      const batch = await post(`v1/batches?${query}`, {
        body: chosen, signal, headers: { "idempotency-key": key, "content-type": isCsv ? `text/csv;charset=${charset.value}` : "application/x-ndjson" },
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

/** One batch, followed until it ends. */
class ShownBatch {
  #id;
  #path;
  #signal;
  #onchange;
  #batch = null;
  #results = null;
  #revive = () => {};
  #connection = h("span", { class: "connection", role: "status" });
  #head = h("header", { class: "bar" });
  #state = h("div", {});
  #elapsed = h("span", {});
  #parts = h("div", {});
  #actions = h("div", { class: "actions" });
  #failure = h("div", {});
  #resultsPlace = h("div", {});

  /** @param onchange is called when its status is another */
  constructor(id, element, signal, onchange) {
    this.#onchange = onchange;
    this.#id = id;
    this.#path = `v1/batches/${encodeURIComponent(id)}`;
    this.#signal = signal;
    fill(element, h("p", {}, h("a", { href: "#/batches" }, "← New batch")),
      h("section", { class: "card", "aria-label": "Batch" }, h("h2", { class: "unseen" }, "Batch"), this.#head, this.#connection, this.#failure, this.#state,
        h("details", {}, h("summary", {}, "Parts: what Claude has as batches of its own"), this.#parts), this.#actions), this.#resultsPlace);
  }

  async run() {
    this.#tick();
    try {
      do {
        await this.#follow();
      } while (await this.#isRevived());
    } catch (error) {
      if (!this.#signal.aborted) {
        fill(this.#failure, problem(error), error.status === 404 && h("p", {}, "Batches are kept for 30 days after their end, for whoever submitted them."));
      }
    }
  }

  async #follow() {
    const isLast = (event) => event.name === "batch_ended";
    const onconnection = (obstacle) => {
      this.#connection.textContent = obstacleText(obstacle);
    };
    for await (const event of events(`${this.#path}/events`, { signal: this.#signal, isLast, onconnection })) {
      this.#show(JSON.parse(event.data));
    }
  }

  /** Waits until it is sent again, or nobody looks any more. */
  #isRevived() {
    return new Promise((resolve) => {
      this.#revive = () => resolve(true);
      this.#signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  /** The elapsed time goes on where nothing else does. */
  async #tick() {
    while (!this.#signal.aborted) {
      await pause(1_000, this.#signal);
      if (this.#batch && !this.#batch.ended_at) {
        this.#elapsed.textContent = seconds(new Date() - new Date(this.#batch.created_at));
      }
    }
  }

  #show(batch) {
    const wasRunning = this.#batch && !this.#batch.ended_at;
    if (this.#batch && this.#batch.status !== batch.status) {
      this.#onchange();
    }
    this.#batch = batch;
    if (wasRunning && batch.ended_at) {
      announce(`The batch has ${batch.status}`);
    }
    fill(this.#head, chip(batch.status), h("span", { class: "id" }, batch.id));
    this.#showState();
    this.#showActions();
    if (batch.results_url && !this.#results) {
      this.#results = new Results(this.#id, this.#path, batch.requests, this.#signal);
      fill(this.#resultsPlace, this.#results.element);
    }
    this.#results?.isBeingSentAgain(!batch.ended_at);
    if (batch.results_url && batch.ended_at) {
      this.#results.search();
    }
  }

  #showState() {
    const batch = this.#batch;
    const isOver = (part) => ["ended", "failed", "canceled"].includes(part.state);
    this.#elapsed.textContent = seconds((batch.ended_at ? new Date(batch.ended_at) : new Date()) - new Date(batch.created_at));
    fill(this.#state,
      outcomeBar(batch.request_counts),
      facts([
        ["Requests", number(batch.requests)],
        ["Parts ended", `${batch.parts.filter(isOver).length} of ${batch.parts.length}`],
        ["Submitted", time(batch.created_at)],
        [batch.ended_at ? "Took" : "Elapsed", this.#elapsed],
        ...(batch.ended_at ? usageFacts(batch.usage) : []),
        ["Cost", batch.usage.cost],
        ["Callback", batch.callback && `${batch.callback.status}, to ${batch.callback.url}`],
      ]),
      !batch.ended_at && batch.request_counts.processing > 0
        && h("p", { class: "muted" }, "Claude reports outcomes only once all of a part has ended; until then its requests are processing."),
      batch.parts.filter((part) => part.problem).map((part) => h("div", { class: "problem" },
        h("strong", {}, `Part ${part.number}`), " ", part.problem.error?.message)));
    fill(this.#parts, partsTable(batch.parts));
  }

  #showActions() {
    const batch = this.#batch;
    const isOver = batch.ended_at !== null;
    const counts = batch.request_counts;
    const signature = JSON.stringify([batch.status, isOver, counts]);
    if (signature === this.#actions.signature) {
      return;
    }
    this.#actions.signature = signature;
    const button = (label, action, style) => h("button", { type: "button", class: style, onclick: (event) => this.#act(event.target, action) }, label);
    fill(this.#actions,
      !isOver && batch.status !== "canceling" && button("Cancel", () => this.#cancel()),
      isOver && counts.errored + counts.expired > 0 && button("Send failed ones again", () => this.#resubmit("")),
      isOver && counts.canceled > 0 && button("Send canceled ones again too", () => this.#resubmit("?include=canceled")),
      isOver && button("Delete", () => this.#delete(), "danger"));
  }

  async #cancel() {
    return confirm("Cancel this batch? What Claude has not begun yet will have no result.") ? post(`${this.#path}/cancel`) : null;
  }

  async #resubmit(query) {
    const batch = await post(`${this.#path}/resubmit${query}`);
    this.#revive();
    return batch;
  }

  async #delete() {
    if (confirm("Delete this batch with its requests? Its results cannot be fetched any more.")) {
      await remove(this.#path);
      location.hash = "#/batches";
    }
    return null;
  }

  async #act(button, action) {
    button.disabled = true;
    fill(this.#failure);
    try {
      const batch = await action();
      if (batch) {
        this.#show(batch);
      }
    } catch (error) {
      fill(this.#failure, problem(error));
    } finally {
      button.disabled = false;
    }
  }
}

function outcomeBar(counts) {
  const all = OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0);
  const present = OUTCOMES.filter((outcome) => counts[outcome] > 0);
  let from = 0;
  return h("div", { class: "outcomes" },
    svg("svg", { class: "bar-chart", viewBox: "0 0 1000 24", preserveAspectRatio: "none", role: "img",
      "aria-label": `Outcomes: ${present.map((outcome) => `${counts[outcome]} ${outcome}`).join(", ")}` },
    present.map((outcome) => {
      const width = 1000 * counts[outcome] / all;
      const bar = svg("rect", { class: outcome, x: from, y: 0, width, height: 24 });
      from += width;
      return bar;
    })),
    h("ul", { class: "legend" }, present.map((outcome) => h("li", { class: outcome }, `${number(counts[outcome])} ${outcome}`))));
}

function partsTable(parts) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Parts" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Part", "Round", "State", "Requests", "Batch of Claude's"].map((name) => h("th", { class: name === "Requests" ? "right" : null }, name)))),
    h("tbody", {}, parts.map((part) => h("tr", {}, h("td", {}, part.number), h("td", {}, part.round), h("td", {}, chip(part.state)),
      h("td", { class: "right" }, number(part.requests)), h("td", {}, h("code", {}, part.id ?? "–")))))));
}

/** Looked through as they come from Claude: as many as are shown are kept, however many there are. */
class Results {
  #id;
  #path;
  #signal;
  #search = h("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput: () => this.#searchSoon() });
  #outcome = h("select", { onchange: () => this.search() }, h("option", { value: "" }, "all"),
    OUTCOMES.slice(0, 4).map((outcome) => h("option", {}, outcome)));
  #note = h("p", { class: "muted", role: "status" });
  #failure = h("div", {});
  #list = h("div", { class: "results" });
  #more = h("button", { type: "button", hidden: true, onclick: () => this.search(this.#limit + SHOWN_RESULTS) }, "Show more");
  #limit = SHOWN_RESULTS;
  #running = new AbortController();
  #timer = null;
  #requests;
  #again = h("p", { class: "note", hidden: true }, "Some are being sent again; until that ends they are shown here as they came out before.");

  constructor(id, path, requests, signal) {
    this.#id = id;
    this.#path = path;
    this.#requests = requests;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#running.abort();
    });
    const download = (label, accept, extension) =>
      h("button", { type: "button", onclick: (event) => this.#download(event.target, accept, extension) }, label);
    this.element = h("section", { class: "card", "aria-label": "Results" }, h("h2", {}, "Results"),
      h("div", { class: "row" }, field("Search by custom_id", this.#search), field("Outcome", this.#outcome)),
      this.#again, this.#note, this.#failure, this.#list,
      h("div", { class: "actions" }, this.#more, download("Download CSV", "text/csv", "csv"), download("Download NDJSON", "application/x-ndjson", "ndjson")));
  }

  isBeingSentAgain(value) {
    this.#again.hidden = !value;
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.search(), SHORTEST_SEARCH);
  }

  async search(limit = SHOWN_RESULTS) {
    this.#running.abort();
    this.#running = new AbortController();
    const mine = this.#running.signal;
    this.#limit = limit;
    this.#note.textContent = "Looking through the results …";
    fill(this.#failure);
    const wanted = this.#search.value.trim().toLowerCase();
    const outcome = this.#outcome.value;
    const found = [];
    let looked = 0;
    try {
      const response = await call(`${this.#path}/results`, { accept: "application/x-ndjson", signal: mine });
      for await (const line of lines(response.body)) {
        const result = JSON.parse(line);
        looked++;
        if (result.custom_id.toLowerCase().includes(wanted) && (!outcome || result.result.type === outcome)) {
          found.push(result);
        }
        if (found.length > limit) {
          break;
        }
      }
    } catch (error) {
      if (!mine.aborted) {
        this.#note.textContent = "";
        fill(this.#failure, problem(error.type ? error : { type: "connection_error", message: "The results broke off. Try again." }));
      }
      return;
    }
    if (mine.aborted) {
      return;
    }
    this.#more.hidden = found.length <= limit;
    const shown = found.slice(0, limit);
    fill(this.#list, shown.map(resultItem));
    this.#note.textContent = found.length > limit ? `The first ${number(limit)} that fit, of ${number(this.#requests)} in no particular order.`
      : `${number(found.length)} of ${number(looked)} results, in no particular order.`;
  }

  /** A download that breaks off is no file. */
  async #download(button, accept, extension) {
    button.disabled = true;
    fill(this.#failure);
    try {
      const response = await call(`${this.#path}/results`, { accept, signal: this.#signal });
      save(await response.blob(), `${this.#id}.${extension}`);
    } catch (error) {
      if (!this.#signal.aborted) {
        fill(this.#failure, problem(error.type ? error : { type: "connection_error", message: "The download broke off; nothing was saved. Try again." }));
      }
    } finally {
      button.disabled = false;
    }
  }
}

function resultItem({ custom_id: id, result }) {
  const place = h("div", {});
  const show = () => {
    if (place.children.length === 0) {
      place.append(result.type === "succeeded" ? wholeMessage(result.message) : explanation(result));
    }
  };
  return h("details", { ontoggle: show }, h("summary", {}, chip(result.type), " ", h("code", {}, id), " ", h("span", { class: "excerpt" }, excerpt(result))), place);
}

function explanation(result) {
  const error = result.error?.error ?? result.error;
  return error ? problem({ type: error.type, message: error.message, requestId: result.error.request_id })
    : h("p", { class: "note" }, result.type === "expired" ? "Claude did not come to it within a day. Send it again." : "It was called off before Claude came to it.");
}

function excerpt(result) {
  const text = result.message?.content?.filter((block) => block.type === "text").map((block) => block.text).join(" ")
    ?? result.error?.error?.message ?? "";
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
