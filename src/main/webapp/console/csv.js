/** Where in a cell the reader is; WRONG is behind a quotation mark that did not end it. */
const START = 0;
const PLAIN = 1;
const QUOTED = 2;
const CLOSED = 3;
const WRONG = 4;
const LONGEST_ROW = 8 * 1024 * 1024;
const MOST_CELLS = 16_384;
const SEPARATOR_LINE = /^"?sep=(.?)"?\1*$/i;
const SEPARATORS = ",;\t|";

/**
 * Rows of a CSV that comes in pieces, each with its line. By the rules of the server's `CsvRows`: lines end in CR, LF or both, a cell is quoted where it
 * begins with a quotation mark, blank lines are skipped, and the first line may name the separator (`sep=;`).
 */
export class CsvReader {
  #separator = null;
  #take;
  #line = 1;
  #startLine = 1;
  #quoteLine = 1;
  #row = [];
  #cell = "";
  #length = 0;
  #state = START;
  #wasReturn = false;
  /** Of the first quotation mark of the row that is in the wrong place. */
  #wrongLine = null;

  /** @param take gets `(cells, line)`; for a quotation mark that is open or in the wrong place null, and the line on which it opened */
  constructor(take) {
    this.#take = take;
  }

  /** Up to which the text has been read. */
  get line() {
    return this.#line;
  }

  /**
   * @param text of which the first piece has the whole first line
   * @throws RangeError where nothing that follows can be read; `line` says where
   */
  push(text) {
    let rest = text;
    if (this.#separator === null) {
      rest = this.#open(text);
    }
    for (const char of rest) {
      const isSecondHalf = char === "\n" && this.#wasReturn;
      this.#wasReturn = char === "\r";
      if (this.#state === QUOTED) {
        this.#count(char);
        this.#quoted(char, isSecondHalf);
      } else if (!isSecondHalf) {
        this.#plain(char);
      }
    }
  }

  /** Without the line that names the separator, of which the line end stays and is counted. */
  #open(text) {
    const [blank, first] = /^([\r\n]*)([^\r\n]*)/.exec(text).slice(1);
    const named = SEPARATOR_LINE.exec(first);
    if (!named) {
      this.#separator = first.includes(";") && !first.includes(",") ? ";" : ",";
      return text;
    }
    if (named[1] === "" || !SEPARATORS.includes(named[1])) {
      throw this.#unreadable(blank.split(/\r\n?|\n/).length, `sep=${named[1]} does not name a separator that is supported: a comma, a semicolon, a tab or a vertical bar`);
    }
    this.#separator = named[1];
    return blank + text.slice(blank.length + first.length);
  }

  #unreadable(line, message) {
    return Object.assign(new RangeError(message), { line });
  }

  #count(char) {
    this.#length += char.length;
    if (this.#length > LONGEST_ROW) {
      throw this.#state === QUOTED ? this.#unreadable(this.#quoteLine, "The quotation mark that opens here is not closed within 8,388,608 characters, the limit for a row")
        : this.#unreadable(this.#startLine, "The row is longer than 8,388,608 characters");
    }
  }

  #quoted(char, isSecondHalf) {
    if (char === "\"") {
      this.#state = CLOSED;
      return;
    }
    if ((char === "\n" && !isSecondHalf) || char === "\r") {
      this.#line++;
    }
    this.#cell += char;
  }

  #plain(char) {
    if (char === "\n" || char === "\r") {
      this.#endRow();
      this.#startLine = ++this.#line;
      return;
    }
    this.#count(char);
    if (char === this.#separator) {
      this.#endCell();
    } else if (char === "\"" && this.#state === CLOSED) {
      this.#cell += char;
      this.#state = QUOTED;
    } else if (char === "\"" && this.#state === START) {
      this.#state = QUOTED;
      this.#quoteLine = this.#line;
    } else if (this.#state === CLOSED || this.#state === WRONG) {
      this.#state = WRONG;
      this.#wrongLine ??= this.#quoteLine;
    } else {
      this.#cell += char;
      this.#state = PLAIN;
    }
  }

  #endCell() {
    if (this.#row.length === MOST_CELLS) {
      throw this.#unreadable(this.#startLine, "The row has more than 16,384 cells");
    }
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = START;
  }

  #endRow() {
    const isBlank = this.#row.length === 0 && this.#cell === "" && this.#state === START;
    this.#endCell();
    if (this.#wrongLine !== null) {
      this.#take(null, this.#wrongLine);
    } else if (!isBlank) {
      this.#take(this.#row, this.#startLine);
    }
    this.#row = [];
    this.#length = 0;
    this.#wrongLine = null;
  }

  /** There is no more. */
  end() {
    if (this.#state === QUOTED) {
      this.#wrongLine = this.#quoteLine;
    }
    this.#endRow();
  }
}
