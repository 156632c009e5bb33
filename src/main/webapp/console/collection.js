/** A list from the API (`data`, `has_more`, `last_id`), newest first, which is updated while the page is visible. */

import { get } from "./api.js";
import { fill, h, reconcile, repeat, showProblem } from "./dom.js";

const REFRESH_INTERVAL = 3_000;
const STEP = 20;
/** The limit of the API. */
const MAX_ITEMS = 1_000;

class Collection {
  #path;
  #show;
  #latestRequest = new AbortController();
  #signal;
  #limit = STEP;
  #query = "";
  #items = h("ul", { class: "items" });
  #problem = h("div", {});
  #nothing = h("p", { class: "empty", hidden: true });
  #more = h("button", { type: "button", hidden: true, onclick: () => this.#showMore() }, "Show more");
  #selected = null;

  /**
   * @param show returns the children of an item's link
   * @param empty the text for an empty list
   */
  constructor({ title, path, show, empty, signal, filter }) {
    this.#path = path;
    this.#show = show;
    this.#nothing.textContent = empty;
    this.#signal = signal;
    this.element = h("aside", { class: "collection", "aria-label": title },
      h("header", {}, h("h2", {}, title), filter?.((query) => this.#filter(query))), this.#problem, this.#nothing, this.#items, this.#more);
    repeat(REFRESH_INTERVAL, signal, () => this.refresh());
  }

  select(id) {
    this.#selected = id;
    [...this.#items.children].forEach((item) => this.#mark(item));
  }

  /** Reads the list again. Aborts an earlier request, because its response may arrive after this one's. */
  async refresh() {
    this.#latestRequest.abort();
    this.#latestRequest = new AbortController();
    const mine = AbortSignal.any([this.#signal, this.#latestRequest.signal]);
    try {
      const page = await get(`v1/${this.#path}?limit=${this.#limit}${this.#query}`, { signal: mine });
      reconcile(this.#items, page.data, (item) => item.id, (item, element) => this.#item(item, element));
      this.#more.hidden = !page.has_more || this.#limit >= MAX_ITEMS;
      showProblem(this.#problem, null);
      this.#nothing.hidden = page.data.length > 0;
    } catch (error) {
      if (!mine.aborted) {
        showProblem(this.#problem, error);
      }
    }
  }

  #item(item, before) {
    const element = before ?? h("li", {}, h("a", { href: `#/${this.#path}/${item.id}` }));
    const children = this.#show(item);
    const signature = children.map((child) => child.outerHTML ?? child).join("");
    if (element.signature !== signature) {
      element.signature = signature;
      fill(element.firstChild, children);
    }
    this.#mark(element, item.id);
    return element;
  }

  #mark(element, id = element.dataset.key) {
    if (id === this.#selected) {
      element.firstChild.setAttribute("aria-current", "page");
    } else {
      element.firstChild.removeAttribute("aria-current");
    }
  }

  #filter(query) {
    this.#query = query;
    this.#limit = STEP;
    this.refresh();
  }

  #showMore() {
    this.#limit = Math.min(MAX_ITEMS, this.#limit * 2);
    this.refresh();
  }
}

/**
 * Builds a section that has a list beside its content.
 *
 * @param list options of a Collection
 * @param show (id, signal, refresh): shows the item that the URL names, or a form if `id` is absent; the signal ends it, and `refresh` updates the list
 */
export function panes(main, signal, { list, content, show }) {
  const collection = new Collection({ ...list, signal });
  fill(main, h("div", { class: "panes" }, content, collection.element));
  let shown = new AbortController();
  signal.addEventListener("abort", () => shown.abort());
  return {
    title: list.title,
    show(id) {
      shown.abort();
      shown = new AbortController();
      collection.select(id);
      show(id, shown.signal, () => collection.refresh());
      collection.refresh();
    },
  };
}

/** A select box that filters a list by status. */
export function statusFilter(label, statuses) {
  return (choose) => h("select", {
    "aria-label": label, onchange: (event) => choose(event.target.value ? `&status=${event.target.value}` : ""),
  }, h("option", { value: "" }, "all"), statuses.map((status) => h("option", { value: status }, status.replaceAll("_", " "))));
}
