/** Elements, and how numbers and times are written. Nothing here takes HTML: what is given as a child is text, whatever it has in it. */

/** h("button", { class: "primary", onclick: send }, "Send"). A property that is null or false is left out. */
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

/** A control with its label, and what helps to fill it in. */
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
 * Brings the children of an element in line with a list, and keeps those that are still in it, and with them the focus.
 * `show(item, element)` gets null for an item that is new, and gives the element.
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

/** What went wrong, for those who see it and those who hear it. */
export function problem(error) {
  return h("div", { class: "problem", role: "alert" },
    h("strong", {}, error.type ?? "Error"), " ", error.message,
    error.requestId && h("small", {}, ` ${error.requestId}`));
}

/** Shows a problem, or none, where it is not shown already: an alert that is replaced is read out again. */
export function tell(place, error, ...more) {
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

/** A time of the API's, in the reader's zone; with the day where it is not today. */
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

/** Gives a file to the browser to keep. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Resolves after that time, or at once when the signal is aborted. */
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

/** Does it now and again and again until the signal is aborted; not while nobody sees the page, and then at once. */
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

/** Says it to those who hear the page. */
export function announce(text) {
  const place = document.getElementById("announcements");
  place.textContent = "";
  // Else the same text is said but once.
  setTimeout(() => (place.textContent = text), 100);
}
