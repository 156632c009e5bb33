/** Builds elements, and formats numbers and times. No function here parses HTML: a child that is a string becomes text, whatever it contains. */

/** Creates an element: h("button", { class: "primary", onclick: send }, "Send"). Properties that are null or false are omitted. */
export function h(name, properties = {}, ...children) {
  return build(document.createElement(name), properties, children);
}

export function svg(name, properties = {}, ...children) {
  return build(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

function build(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...present(children));
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

let fields = 0;

/** A control with its label and an optional hint. */
export function field(label, control, hint) {
  const id = `field-${++fields}`;
  control.id = id;
  if (hint) {
    control.setAttribute("aria-describedby", `${id}-hint`);
  }
  return h("div", { class: "field" },
    h("label", { for: id }, label), control, hint && h("small", { id: `${id}-hint` }, hint));
}

export function checkbox(label, control) {
  control.type = "checkbox";
  return h("label", { class: "check" }, control, " ", label);
}

/**
 * Updates the children of an element to match a list. Children that are still in the list stay, and therefore keep the focus.
 * `show(item, element)` returns the element of an item; its `element` is null for a new item.
 */
export function reconcile(parent, items, key, show) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const before = old.get(String(key(item)));
    const element = show(item, before ?? null);
    element.dataset.key = key(item);
    if (before && before !== element) {
      before.remove();
    }
    old.delete(element.dataset.key);
    if (parent.children[index] !== element) {
      parent.insertBefore(element, parent.children[index] ?? null);
    }
  });
  old.forEach((element) => element.remove());
}

/** A box with an error, which screen readers announce. */
export function problem(error) {
  return h("div", { class: "problem", role: "alert" },
    h("strong", {}, error.type ?? "Error"), " ", error.message,
    error.requestId && h("small", {}, ` ${error.requestId}`));
}

/** Shows an error, or removes it if `error` is null. Does nothing if the error is shown already, because screen readers announce a replaced alert again. */
export function showProblem(place, error, ...more) {
  const text = error ? `${error.type} ${error.message}` : "";
  if (place.dataset.problem !== text) {
    place.dataset.problem = text;
    fill(place, error && problem(error), error && more);
  }
}

export function chip(status) {
  return h("span", { class: `chip ${status}` }, status.replaceAll("_", " "));
}

export function facts(pairs) {
  return h("dl", { class: "facts" },
    pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

const NUMBER = new Intl.NumberFormat("en");

export function number(value) {
  return NUMBER.format(value);
}

/** "1 request", "2 requests". */
export function count(value, noun) {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** A time of the API in the reader's time zone, with the day if it is not today. */
export function time(text) {
  const at = new Date(text);
  const isToday = at.toDateString() === new Date().toDateString();
  return h("time", { datetime: text, title: text }, isToday ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at)}`);
}

export function seconds(milliseconds) {
  const all = Math.max(0, milliseconds) / 1000;
  if (all < 60) {
    return `${all.toFixed(all < 10 ? 1 : 0)} s`;
  }
  const minutes = Math.floor(all / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(all % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Saves a file as a download of the browser. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Resolves after that time, or immediately when the signal is aborted. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) {
      done();
    }
  });
}

/** Runs an action repeatedly until the signal is aborted. Pauses while the page is hidden, and runs the action immediately when it is visible again. */
export async function repeat(milliseconds, signal, action) {
  while (!signal.aborted) {
    if (!document.hidden) {
      await action();
    }
    if (signal.aborted) {
      return;
    }
    const round = new AbortController();
    const end = () => round.abort();
    signal.addEventListener("abort", end, { signal: round.signal });
    document.addEventListener("visibilitychange", end, { signal: round.signal });
    await pause(milliseconds, round.signal);
    round.abort();
  }
}

/** Announces a text to users of screen readers. */
export function announce(text) {
  const place = document.getElementById("announcements");
  place.textContent = "";
  // Without the delay, a repeated text is announced only once.
  setTimeout(() => (place.textContent = text), 100);
}
