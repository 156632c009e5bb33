/** A list of the API's (`data`, `has_more`, `last_id`), newest first, that is kept up to date while it is seen. */

import { get } from "./api.js";
import { fill, h, reconcile, repeat, tell } from "./dom.js";

const BETWEEN_LOOKS = 3_000;
const STEP = 20;
/** The API's own limit. */
const MOST = 1_000;

class Collection {
  #path;
  #show;
  #asking = new AbortController();
  #signal;
  #limit = STEP;
  #query = "";
  #items = h("ul", { class: "items" });
  #problem = h("div", {});
  #nothing = h("p", { class: "empty", hidden: true });
  #more = h("button", { type: "button", hidden: true, onclick: () => this.#showMore() }, "Show more");
  #selected = null;

  /**
   * @param show makes the children of an item's link
   * @param empty what to say while there is nothing
   */
  constructor({ title, path, show, empty, signal, filter }) {
    this.#path = path;
    this.#show = show;
    this.#nothing.textContent = empty;
    this.#signal = signal;
    this.element = h("aside", { class: "collection", "aria-label": title },
      h("header", {}, h("h2", {}, title), filter?.((query) => this.#filter(query))), this.#problem, this.#nothing, this.#items, this.#more);
    repeat(BETWEEN_LOOKS, signal, () => this.refresh());
  }

  select(id) {
    this.#selected = id;
    [...this.#items.children].forEach((item) => this.#mark(item));
  }

  /** The latest question counts: an earlier one may be answered later. */
  async refresh() {
    this.#asking.abort();
    this.#asking = new AbortController();
    const mine = AbortSignal.any([this.#signal, this.#asking.signal]);
    try {
      const page = await get(`v1/${this.#path}?limit=${this.#limit}${this.#query}`, { signal: mine });
      reconcile(this.#items, page.data, (item) => item.id, (item, element) => this.#item(item, element));
      this.#more.hidden = !page.has_more || this.#limit >= MOST;
      tell(this.#problem, null);
      this.#nothing.hidden = page.data.length > 0;
    } catch (error) {
      if (!mine.aborted) {
        tell(this.#problem, error);
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
    this.#limit = Math.min(MOST, this.#limit * 2);
    this.refresh();
  }
}

/**
 * A section with a list beside what is shown.
 *
 * @param list options of a Collection
 * @param show (id, signal, refresh): shows what of the section the address names; the signal ends it, and `refresh` brings the list up to date
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

/** A choice of statuses, for a list that can be asked for one. */
export function statusFilter(label, statuses) {
  return (choose) => h("select", {
    "aria-label": label, onchange: (event) => choose(event.target.value ? `&status=${event.target.value}` : ""),
  }, h("option", { value: "" }, "all"), statuses.map((status) => h("option", { value: status }, status.replaceAll("_", " "))));
}
