/** The position of the reader in a cell. WRONG: text follows the closing quotation mark. */
const START = 0;
const PLAIN = 1;
const QUOTED = 2;
const CLOSED = 3;
const WRONG = 4;
const MAX_ROW_LENGTH = 8 * 1024 * 1024;
const MAX_CELLS = 16_384;
const SEPARATOR_LINE = /^"?sep=(.?)"?\1*$/i;
const SEPARATORS = ",;\t|";

/**
 * Reads a CSV text in pieces and reports each row with its line. The rules are those of the server's `CsvRows`: lines end in CR, LF or both, a cell is
 * quoted if it begins with a quotation mark, blank lines are skipped, and the first line may name the separator (`sep=;`).
 */
export class CsvReader {
  #separator = null;
  #onRow;
  #line = 1;
  #startLine = 1;
  #quoteLine = 1;
  #row = [];
  #cell = "";
  #length = 0;
  #state = START;
  #wasReturn = false;
  /** The line of the row's first quotation mark that is in the wrong place. */
  #wrongLine = null;

  /** @param onRow is called with `(cells, line)`; for a quotation mark that is not closed or in the wrong place, with null and the line of that quotation mark */
  constructor(onRow) {
    this.#onRow = onRow;
  }

  /** The line up to which the text has been read. */
  get line() {
    return this.#line;
  }

  /**
   * Reads a piece of the text.
   *
   * @param text the piece; the first one contains the whole first line
   * @throws RangeError if the rest of the text cannot be read; its `line` is the place
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

  /** Sets the separator. Returns the text without the line that names it; the end of that line stays, so that it is counted. */
  #open(text) {
    const [blank, first] = /^([\r\n]*)([^\r\n]*)/.exec(text).slice(1);
    const named = SEPARATOR_LINE.exec(first);
    if (!named) {
      this.#separator = first.includes(";") && !first.includes(",") ? ";" : ",";
      return text;
    }
    if (named[1] === "" || !SEPARATORS.includes(named[1])) {
      throw this.#unreadable(blank.split(/\r\n?|\n/).length, `sep=${named[1]} does not name a supported separator. Use a comma, a semicolon, a tab or a vertical bar`);
    }
    this.#separator = named[1];
    return blank + text.slice(blank.length + first.length);
  }

  #unreadable(line, message) {
    return Object.assign(new RangeError(message), { line });
  }

  #count(char) {
    this.#length += char.length;
    if (this.#length > MAX_ROW_LENGTH) {
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
    if (this.#row.length === MAX_CELLS) {
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
      this.#onRow(null, this.#wrongLine);
    } else if (!isBlank) {
      this.#onRow(this.#row, this.#startLine);
    }
    this.#row = [];
    this.#length = 0;
    this.#wrongLine = null;
  }

  /** Reports the last row; no text follows. */
  end() {
    if (this.#state === QUOTED) {
      this.#wrongLine = this.#quoteLine;
    }
    this.#endRow();
  }
}
