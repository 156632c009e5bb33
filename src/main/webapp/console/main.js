/** The console: which section is shown for which address. Each gets a signal that ends all it has begun when another is shown. */

import { batches } from "./batches.js";
import { jobs } from "./jobs.js";
import { closesOnEscape, keyDialog, themeChoice, watchHealth } from "./status.js";
import { streams } from "./streams.js";
import { usage } from "./usage.js";

const SECTIONS = { streams, batches, jobs, usage };

const byId = (id) => document.getElementById(id);
let current = { name: null, section: null, controller: new AbortController() };

/** `#/streams/stream_1`: the section, and what of it. */
function show() {
  const [, address, id] = location.hash.split("/");
  const name = Object.hasOwn(SECTIONS, address) ? address : "streams";
  if (name !== current.name) {
    current.controller.abort();
    const controller = new AbortController();
    const main = byId("main");
    main.replaceChildren();
    current = { name, controller, section: SECTIONS[name](main, controller.signal) };
    for (const link of document.querySelectorAll("nav a")) {
      if (link.getAttribute("href") === `#/${name}`) {
        link.setAttribute("aria-current", "page");
      } else {
        link.removeAttribute("aria-current");
      }
    }
  }
  document.title = `${current.section.title} – claude-jakarta`;
  current.section.show(id);
}

themeChoice(byId("theme"));
closesOnEscape(byId("health"));
keyDialog(byId("key-dialog"), byId("key"));
watchHealth(byId("upstream"), byId("health"), byId("key"), new AbortController().signal);
// The address says what is shown, so that this link must not change it.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", () => {
  show();
  if (document.activeElement === document.body) {
    // What had the focus is no longer there.
    byId("main").focus({ preventScroll: true });
  }
});
// Whoever comes back with the browser's arrow finds connections that are gone.
addEventListener("pageshow", (event) => event.persisted && location.reload());
show();
