/** The console: shows the section that the URL names. The signal of a section ends its work when another section is shown. */

import { batches } from "./batches.js";
import { jobs } from "./jobs.js";
import { closeOnEscape, setUpKeyDialog, setUpTheme, watchHealth } from "./status.js";
import { streams } from "./streams.js";
import { usage } from "./usage.js";

const SECTIONS = { streams, batches, jobs, usage };

const byId = (id) => document.getElementById(id);
let current = { name: null, section: null, controller: new AbortController() };

/** Shows the section and the item of the URL's fragment, as in `#/streams/stream_1`. */
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

setUpTheme(byId("theme"));
closeOnEscape(byId("health"));
setUpKeyDialog(byId("key-dialog"), byId("key"));
watchHealth(byId("upstream"), byId("health"), byId("key"), new AbortController().signal);
// The URL's fragment selects the section, so this link must not change it.
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", () => {
  show();
  if (document.activeElement === document.body) {
    // The element that had the focus is gone.
    byId("main").focus({ preventScroll: true });
  }
});
// A page that the browser restores from its cache has lost its connections.
addEventListener("pageshow", (event) => event.persisted && location.reload());
show();
