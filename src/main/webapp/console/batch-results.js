/** The results of a batch: search and download. */

import { call, download, lines } from "./api.js";
import { chip, field, fill, h, number, problem, save } from "./dom.js";
import { wholeMessage } from "./message-view.js";

export const OUTCOMES = ["succeeded", "errored", "expired", "canceled"];
const SHOWN_RESULTS = 50;
/** Milliseconds between the last typed character and the search. */
const SEARCH_DELAY = 250;

/** Searches the results while they are read from the server. Stores only the results that are shown, however many the batch has. */
export class BatchResults {
  #id;
  #path;
  #signal;
  #search = h("input", { type: "search", autocomplete: "off", spellcheck: "false", oninput: () => this.#searchSoon() });
  #outcome = h("select", { onchange: () => this.search() }, h("option", { value: "" }, "all"),
    OUTCOMES.map((outcome) => h("option", {}, outcome)));
  #note = h("p", { class: "muted", role: "status" });
  #failure = h("div", {});
  #list = h("div", { class: "results" });
  #more = h("button", { type: "button", hidden: true, onclick: () => this.search(this.#limit + SHOWN_RESULTS) }, "Show more");
  #limit = SHOWN_RESULTS;
  #running = new AbortController();
  #timer = null;
  #requests;
  #resubmissionNote = h("p", { class: "note", hidden: true }, "Some requests are being resubmitted. Until they end, their previous results are shown.");

  constructor(id, path, requests, signal) {
    this.#id = id;
    this.#path = path;
    this.#requests = requests;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#running.abort();
    });
    const saving = (label, accept, extension) =>
      h("button", { type: "button", onclick: (event) => this.#download(event.target, accept, extension) }, label);
    this.element = h("section", { class: "card", "aria-label": "Results" }, h("h2", {}, "Results"),
      h("div", { class: "row" }, field("Search by custom_id", this.#search), field("Outcome", this.#outcome)),
      this.#resubmissionNote, this.#note, this.#failure, this.#list,
      h("div", { class: "actions" }, this.#more, saving("Download CSV", "text/csv", "csv"), saving("Download NDJSON", "application/x-ndjson", "ndjson")));
  }

  showResubmission(value) {
    this.#resubmissionNote.hidden = !value;
  }

  #searchSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.search(), SEARCH_DELAY);
  }

  async search(limit = SHOWN_RESULTS) {
    this.#running.abort();
    this.#running = new AbortController();
    const mine = this.#running.signal;
    this.#limit = limit;
    this.#note.textContent = "Searching the results …";
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
        fill(this.#failure, problem(error.type ? error : { type: "connection_error", message: "The results were interrupted. Try again." }));
      }
      return;
    }
    if (mine.aborted) {
      return;
    }
    this.#more.hidden = found.length <= limit;
    const shown = found.slice(0, limit);
    fill(this.#list, shown.map(resultItem));
    this.#note.textContent = found.length > limit ? `The first ${number(limit)} matches among ${number(this.#requests)} requests, in no particular order.`
      : `${number(found.length)} of ${number(looked)} results, in no particular order.`;
  }

  async #download(button, accept, extension) {
    button.disabled = true;
    fill(this.#failure);
    try {
      save(await download(`${this.#path}/results`, { accept, signal: this.#signal }), `${this.#id}.${extension}`);
    } catch (error) {
      fill(this.#failure, !this.#signal.aborted && problem(error));
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
    : h("p", { class: "note" }, result.type === "expired" ? "Claude did not process this request within 24 hours. Resubmit it." : "This request was canceled before Claude processed it.");
}

function excerpt(result) {
  const text = result.message?.content?.filter((block) => block.type === "text").map((block) => block.text).join(" ")
    ?? result.error?.error?.message ?? "";
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
