/**
 * Markdown that is still being written. marked says what is what (its version is the pom's too), and elements are made of that here: no text is ever
 * taken for HTML, so an answer with a script in it shows a script.
 */

import { Lexer } from "../webjars/marked/17.0.1/lib/marked.esm.js";
import { h, fill } from "./dom.js";

/** Around the number of a mark. Characters without a meaning of their own, which are taken out of what comes. */
const MARK = "\ue000";
const MARK_END = "\ue001";
/** Beyond this many characters a block that is still open is shown as it is, since its form would be found out anew each time. */
const LONGEST_BLOCK = 32_768;
const LONG_TEXT = { look: "plain", end: /\n\n/, perhapsEnd: /\n$/ };
const LONG_CODE = { look: "plain code", end: /\n(```|~~~)[^\n]*\n/, perhapsEnd: /\n([`~][^\n]*)?$/ };
/** Of stars and brackets in a paragraph; what they could mean is found out by trying each with each. */
const MOST_MARKS = 400;
/** Small enough to be laid out anew with each addition. */
const PIECE = 2_048;
const SAFE_LINK = /^(https?|mailto):/i;
const ENTITIES = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'", nbsp: "\u00a0", mdash: "—", ndash: "–", hellip: "…",
  copy: "©", reg: "®", trade: "™", times: "×", deg: "°", euro: "€", larr: "←", rarr: "→", bull: "•", middot: "·", laquo: "«", raquo: "»", le: "≤", ge: "≥", ne: "≠" }));

/** A text that grows; what is settled is left alone, and its last block shown anew with each `render`. */
export class MarkdownText {
  #pending = "";
  #tail = h("div", { class: "tail" });
  /** Set while the open block is one that is too long. */
  #long = null;
  #piece = null;
  /** All of it, for names that are explained later than used, as footnotes are. */
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

  /** Puts a mark, such as that of a citation, where the text is now. `show` makes its element, as often as it is asked. */
  appendMark(show) {
    // A fence has to be alone on its line, and what follows a table's last cell is not shown.
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

  /** Nothing follows. */
  finish() {
    this.render(true);
    this.#pending = "";
    this.#long = null;
    this.#piece = null;
    this.#tail.before(...this.#tail.childNodes);
    if (this.#isAmended) {
      // What a name leads to was said after it had been used.
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
      // Nested too deeply for marked, or for us: no text may keep the rest from being seen.
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
    if (this.#pending.length > LONGEST_BLOCK) {
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

/** `links` are those that are defined so far, and get what is defined here. */
function tokensOf(text, links) {
  const lexer = new Lexer();
  lexer.tokens.links = links;
  lexer.blockTokens(text, lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    if ((src.match(/[*_~`[<]/g)?.length ?? 0) > MOST_MARKS) {
      tokens.push({ type: "html", raw: src });
    } else {
      lexer.inlineTokens(src, tokens);
    }
  }
  return lexer.tokens;
}

/** A text that is whole. */
export function markdown(text) {
  const whole = new MarkdownText();
  whole.append(text);
  whole.finish();
  return whole.element;
}

/** Makes elements of marked's tokens. */
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
        // Below the page's own.
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
        // Nothing is loaded from elsewhere.
        return isSafeLink(token.href) ? link(token.href, token.text || token.href) : this.#text(token.raw);
      case "escape":
      case "text":
        return token.tokens ? this.#inlines(token.tokens) : this.#text(decoded(token.text));
      default:
        return this.#text(token.raw);
    }
  }

  /** With the marks that are in it. */
  #text(text) {
    return text.split(/(\ue000\d+\ue001)/).map((part) =>
      (part.startsWith(MARK) ? this.#marks[Number(part.slice(1, -1))]() : part));
  }
}

export function link(href, ...children) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Whether a page may lead there. */
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
