/**
 * Renders Markdown while it is being written. marked parses it (the pom has the same version), and this module builds the elements. No text is ever
 * parsed as HTML: an answer that contains a script shows its source.
 */

import { Lexer } from "../webjars/marked/17.0.1/lib/marked.esm.js";
import { h, fill } from "./dom.js";

/** Private-use characters around the number of a mark. They are removed from the text that Claude writes. */
const MARK = "\ue000";
const MARK_END = "\ue001";
/** Characters beyond which an open block is shown as plain text, since each update would parse the whole block again. */
const MAX_BLOCK = 32_768;
const LONG_TEXT = { look: "plain", end: /\n\n/, perhapsEnd: /\n$/ };
const LONG_CODE = { look: "plain code", end: /\n(```|~~~)[^\n]*\n/, perhapsEnd: /\n([`~][^\n]*)?$/ };
/** Stars and brackets in a paragraph that is parsed. Parsing tries each with each other, so its time grows with their square. */
const MAX_MARKS = 400;
/** Characters of a text node: few enough to lay out again with each addition. */
const PIECE = 2_048;
const SAFE_LINK = /^(https?|mailto):/i;
const ENTITIES = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: "\u00a0", mdash: "—", ndash: "–", hellip: "…",
  copy: "©", reg: "®", trade: "™", times: "×", deg: "°", euro: "€", larr: "←", rarr: "→", bull: "•", middot: "·", laquo: "«", raquo: "»", le: "≤", ge: "≥", ne: "≠" }));

/** A text that grows. Finished blocks stay as they are; `render` shows the last block again. */
export class MarkdownText {
  #pending = "";
  #tail = h("div", { class: "tail" });
  /** Set while the open block is too long to parse. */
  #long = null;
  #piece = null;
  /** The whole text, for link names that are defined after their use. */
  #source = "";
  #links = {};
  #isAmended = false;
  #marks = [];
  #elements = new Elements(this.#marks);

  constructor() {
    this.element = h("div", { class: "markdown" }, this.#tail);
  }

  append(text) {
    this.#add(text.replace(/[\r\ue000\ue001]/g, ""));
  }

  /** Adds a mark, such as that of a citation, at the end of the text. `show` returns its element, and is called for each rendering. */
  appendMark(show) {
    // A fence must be alone on its line, and text after the last cell of a table row is not shown.
    const gap = /(```|~~~)$/.test(this.#pending) ? "\n" : /\|\s*$/.test(this.#pending) ? "\n\n" : "";
    this.#add(`${gap}${MARK}${this.#marks.push(show) - 1}${MARK_END}`);
  }

  #add(text) {
    this.#pending += text;
    this.#source += text;
  }

  render(isFinished = false) {
    if (this.#long) {
      this.#showPlain(isFinished);
    } else {
      this.#showTail(isFinished);
    }
  }

  /** Renders the last block; no text follows. */
  finish() {
    this.render(true);
    this.#pending = "";
    this.#long = null;
    this.#piece = null;
    this.#tail.before(...this.#tail.childNodes);
    if (this.#isAmended) {
      // A link name was defined after its use: render the whole text again.
      this.#isAmended = false;
      this.element.replaceChildren(this.#tail);
      this.#pending = this.#source;
      this.finish();
    }
  }

  #showTail(isFinished) {
    try {
      this.#showTokens();
    } catch {
      // The text is nested too deeply to parse or to build. Show it as plain text, so that the rest stays visible.
      this.#showLong(LONG_TEXT, isFinished);
    }
  }

  #showTokens() {
    if (this.#pending.trim() === "") {
      this.#pending = this.#pending.slice(-2);
    }
    const known = Object.keys(this.#links).length;
    const tokens = tokensOf(this.#pending, this.#links);
    this.#isAmended ||= Object.keys(this.#links).length > known;
    const last = Math.max(0, tokens.findLastIndex((token) => token.type !== "space"));
    for (const token of tokens.slice(0, last)) {
      this.#tail.before(...this.#elements.blocks([token]));
      this.#pending = this.#pending.slice(token.raw.length);
    }
    if (this.#pending.length > MAX_BLOCK) {
      this.#showLong(tokens[last].type === "code" ? LONG_CODE : LONG_TEXT);
    } else {
      fill(this.#tail, this.#elements.blocks(tokens.slice(last)));
    }
  }

  #showLong(look, isFinished) {
    this.#long = look;
    this.#tail.replaceChildren();
    this.#showPlain(isFinished);
  }

  #showPlain(isFinished) {
    const end = this.#long.end.exec(this.#pending);
    const length = end ? end.index + end[0].length : isFinished ? this.#pending.length : this.#pending.replace(this.#long.perhapsEnd, "").length;
    const text = this.#pending.slice(0, length).replace(/\ue000\d+\ue001/g, "");
    this.#pending = this.#pending.slice(length);
    for (let from = 0; from < text.length;) {
      if (!this.#piece || this.#piece.data.length >= PIECE) {
        this.#piece = document.createTextNode("");
        this.#tail.before(h("div", { class: this.#long.look }, this.#piece));
      }
      const room = PIECE - this.#piece.data.length;
      const isHalf = /[\ud800-\udbff]$/.test(text.slice(from, from + room));
      const part = text.slice(from, from + room + (isHalf ? 1 : 0));
      this.#piece.appendData(part);
      from += part.length;
    }
    if (end) {
      this.#long = null;
      this.#piece = null;
      this.#showTail(isFinished);
    }
  }
}

/** Parses a text into tokens. `links` has the link names that are defined so far, and receives those of this text. */
function tokensOf(text, links) {
  const lexer = new Lexer();
  lexer.tokens.links = links;
  lexer.blockTokens(text, lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    if ((src.match(/[*_~`[<]/g)?.length ?? 0) > MAX_MARKS) {
      tokens.push({ type: "html", raw: src });
    } else {
      lexer.inlineTokens(src, tokens);
    }
  }
  return lexer.tokens;
}

/** Renders a complete text. */
export function markdown(text) {
  const whole = new MarkdownText();
  whole.append(text);
  whole.finish();
  return whole.element;
}

/** Builds elements from marked's tokens. */
class Elements {
  #marks;

  constructor(marks) {
    this.#marks = marks;
  }

  blocks(tokens) {
    return tokens.flatMap((token) => this.#block(token));
  }

  #block(token) {
    switch (token.type) {
      case "space":
      case "def":
        return [];
      case "heading":
        // Headings of an answer are below those of the page.
        return h(`h${Math.min(6, token.depth + 2)}`, {}, this.#inlines(token.tokens));
      case "paragraph":
        return h("p", {}, this.#inlines(token.tokens));
      case "code":
        return h("pre", { tabindex: "0" }, h("code", {}, this.#text(token.text)));
      case "blockquote":
        return h("blockquote", {}, this.blocks(token.tokens));
      case "hr":
        return h("hr");
      case "list":
        return h(token.ordered ? "ol" : "ul", { start: token.ordered && token.start !== 1 ? token.start : null },
          token.items.map((item) => h("li", {}, this.blocks(item.tokens))));
      case "checkbox":
        return `${token.checked ? "☑" : "☐"} `;
      case "table":
        return this.#table(token);
      case "text":
        return token.tokens ? this.#inlines(token.tokens) : this.#text(token.text);
      default:
        return h("p", {}, this.#text(token.raw));
    }
  }

  #table(token) {
    const cells = (name, row) => h("tr", {}, row.map((cell) => h(name, { class: cell.align }, this.#inlines(cell.tokens))));
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" },
      h("table", {}, h("thead", {}, cells("th", token.header)), h("tbody", {}, token.rows.map((row) => cells("td", row)))));
  }

  #inlines(tokens) {
    return tokens.flatMap((token) => this.#inline(token));
  }

  #inline(token) {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return h(token.type, {}, this.#inlines(token.tokens));
      case "codespan":
        return h("code", {}, this.#text(token.text));
      case "br":
        return h("br");
      case "checkbox":
        return this.#block(token);
      case "link":
        return isSafeLink(token.href) ? link(token.href, this.#inlines(token.tokens)) : this.#text(token.raw);
      case "image":
        // An image becomes a link: the page loads nothing from other servers.
        return isSafeLink(token.href) ? link(token.href, token.text || token.href) : this.#text(token.raw);
      case "escape":
      case "text":
        return token.tokens ? this.#inlines(token.tokens) : this.#text(decoded(token.text));
      default:
        return this.#text(token.raw);
    }
  }

  /** The text, with the elements of its marks. */
  #text(text) {
    return text.split(/(\ue000\d+\ue001)/).map((part) =>
      (part.startsWith(MARK) ? this.#marks[Number(part.slice(1, -1))]() : part));
  }
}

export function link(href, ...children) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Whether the console may link to this URL. */
export function isSafeLink(href) {
  return SAFE_LINK.test(href ?? "");
}

function decoded(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (raw, decimal, hex, name) => {
    const code = decimal ? parseInt(decimal, 10) : hex ? parseInt(hex, 16) : null;
    if (code !== null) {
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : raw;
    }
    return ENTITIES.get(name) ?? raw;
  });
}
