/** The section of batches: submits a batch, or shows one and updates it until it ends. */

import { connectionText, events, post, remove } from "./api.js";
import { BatchResults, OUTCOMES } from "./batch-results.js";
import { submission } from "./batch-submission.js";
import { panes, statusFilter } from "./collection.js";
import { announce, chip, count, facts, fill, h, number, pause, problem, seconds, svg, time } from "./dom.js";
import { usageFacts } from "./message-view.js";

const COUNTS = [...OUTCOMES, "processing"];

export function batches(main, signal) {
  const place = h("div", {});
  return panes(main, signal, {
    list: {
      title: "Batches", path: "batches",
      filter: statusFilter("Status of batches", ["in_progress", "canceling", "ended", "failed"]),
      empty: "No batches. Drop a file to submit one.",
      show: (batch) => [
        h("span", { class: "line" }, chip(batch.status), " ", time(batch.created_at)),
        h("small", {}, `${count(batch.requests, "request")} · ${batch.id.slice(0, 16)}…`),
      ],
    },
    content: place,
    show(id, shown, refresh) {
      if (id) {
        new BatchView(id, place, shown, refresh).run();
      } else {
        fill(place, submission(shown));
      }
    },
  });
}

/** The view of one batch. It is updated until the batch ends, and again after a resubmission. */
class BatchView {
  #id;
  #path;
  #signal;
  #onchange;
  #batch = null;
  #results = null;
  #resume = () => {};
  #connection = h("span", { class: "connection", role: "status" });
  #head = h("header", { class: "bar" });
  #state = h("div", {});
  #elapsed = h("span", {});
  #parts = h("div", {});
  #actions = h("div", { class: "actions" });
  #failure = h("div", {});
  #resultsPlace = h("div", {});

  /** @param onchange is called when the status changes */
  constructor(id, element, signal, onchange) {
    this.#onchange = onchange;
    this.#id = id;
    this.#path = `v1/batches/${encodeURIComponent(id)}`;
    this.#signal = signal;
    fill(element, h("p", {}, h("a", { href: "#/batches" }, "← New batch")),
      h("section", { class: "card", "aria-label": "Batch" }, h("h2", { class: "visually-hidden" }, "Batch"), this.#head, this.#connection, this.#failure, this.#state,
        h("details", {}, h("summary", {}, "Parts (message batches at Claude)"), this.#parts), this.#actions), this.#resultsPlace);
  }

  async run() {
    this.#tick();
    try {
      do {
        await this.#follow();
      } while (await this.#awaitResubmission());
    } catch (error) {
      if (!this.#signal.aborted) {
        fill(this.#failure, problem(error), error.status === 404 && h("p", {}, "Batches are kept for 30 days after their end. Only the caller that submitted a batch and admins can see it."));
      }
    }
  }

  async #follow() {
    const isLast = (event) => event.name === "batch_ended";
    const onconnection = (interruption) => {
      this.#connection.textContent = connectionText(interruption);
    };
    for await (const event of events(`${this.#path}/events`, { signal: this.#signal, isLast, onconnection })) {
      this.#show(JSON.parse(event.data));
    }
  }

  /** Waits for a resubmission, which returns true, or until the view is closed, which returns false. */
  #awaitResubmission() {
    return new Promise((resolve) => {
      this.#resume = () => resolve(true);
      this.#signal.addEventListener("abort", () => resolve(false), { once: true });
    });
  }

  /** Updates the elapsed time every second, also when no event arrives. */
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
      this.#results = new BatchResults(this.#id, this.#path, batch.requests, this.#signal);
      fill(this.#resultsPlace, this.#results.element);
    }
    this.#results?.showResubmission(!batch.ended_at);
    if (batch.results_url && batch.ended_at) {
      this.#results.search();
    }
  }

  #showState() {
    const batch = this.#batch;
    const hasEnded = (part) => ["ended", "failed", "canceled"].includes(part.state);
    this.#elapsed.textContent = seconds((batch.ended_at ? new Date(batch.ended_at) : new Date()) - new Date(batch.created_at));
    fill(this.#state,
      outcomeBar(batch.request_counts),
      facts([
        ["Requests", number(batch.requests)],
        ["Parts ended", `${batch.parts.filter(hasEnded).length} of ${batch.parts.length}`],
        ["Submitted", time(batch.created_at)],
        [batch.ended_at ? "Took" : "Elapsed", this.#elapsed],
        ...(batch.ended_at ? usageFacts(batch.usage) : []),
        ["Cost", batch.usage.cost],
        ["Answered by", batch.simulator ? "a simulator, not Claude" : null],
        ["Callback", batch.callback && `${batch.callback.status}, to ${batch.callback.url}`],
      ]),
      !batch.ended_at && batch.request_counts.processing > 0
        && h("p", { class: "muted" }, "Claude reports the outcomes of a part only when the whole part has ended. Until then its requests are processing."),
      batch.parts.filter((part) => part.problem).map((part) => h("div", { class: "problem" },
        h("strong", {}, `Part ${part.number}`), " ", part.problem.error?.message)));
    fill(this.#parts, partsTable(batch.parts));
  }

  #showActions() {
    const batch = this.#batch;
    const hasEnded = batch.ended_at !== null;
    const counts = batch.request_counts;
    const signature = JSON.stringify([batch.status, hasEnded, counts]);
    if (signature === this.#actions.signature) {
      return;
    }
    this.#actions.signature = signature;
    const button = (label, action, style) => h("button", { type: "button", class: style, onclick: (event) => this.#act(event.target, action) }, label);
    fill(this.#actions,
      !hasEnded && batch.status !== "canceling" && button("Cancel", () => this.#cancel()),
      hasEnded && counts.errored + counts.expired > 0 && button("Resubmit failed requests", () => this.#resubmit("")),
      hasEnded && counts.canceled > 0 && button("Resubmit canceled requests too", () => this.#resubmit("?include=canceled")),
      hasEnded && button("Delete", () => this.#delete(), "danger"));
  }

  async #cancel() {
    return confirm("Cancel this batch? Requests that Claude has not started will have no result.") ? post(`${this.#path}/cancel`) : null;
  }

  async #resubmit(query) {
    const batch = await post(`${this.#path}/resubmit${query}`);
    this.#resume();
    return batch;
  }

  async #delete() {
    if (confirm("Delete this batch and its requests? Its results will no longer be available.")) {
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
  const all = COUNTS.reduce((sum, outcome) => sum + counts[outcome], 0);
  const present = COUNTS.filter((outcome) => counts[outcome] > 0);
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
    h("thead", {}, h("tr", {}, ["Part", "Round", "State", "Requests", "Message batch"].map((name) => h("th", { class: name === "Requests" ? "right" : null }, name)))),
    h("tbody", {}, parts.map((part) => h("tr", {}, h("td", {}, part.number), h("td", {}, part.round), h("td", {}, chip(part.state)),
      h("td", { class: "right" }, number(part.requests)), h("td", {}, h("code", {}, part.id ?? "–")))))));
}
