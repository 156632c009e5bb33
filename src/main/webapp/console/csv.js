/** Where in a cell the reader is; WRONG is behind a quotation mark that did not end it. */
const START = 0;
const PLAIN = 1;
const QUOTED = 2;
const CLOSED = 3;
const WRONG = 4;
const LONGEST_CELL = 32 * 1024 * 1024;

/**
 * Rows of a CSV that comes in pieces, with the line that each begins on. As the server reads them (FastCSV): lines end in CR, LF or both, a cell is quoted
 * where it begins with a quotation mark, and blank lines are none.
 */
export class CsvReader {
  #separator;
  #take;
  #line = 1;
  #startLine = 1;
  #row = [];
  #cell = "";
  #state = START;
  #wasReturn = false;
  #isWrong = false;

  /** @param take gets `(cells, line)`, or null for the cells where a quotation mark is in the wrong place */
  constructor(separator, take) {
    this.#separator = separator;
    this.#take = take;
  }

  /** @throws RangeError for a cell that does not end */
  push(text) {
    if (this.#cell.length > LONGEST_CELL) {
      throw new RangeError(`The cell on line ${this.#startLine} is longer than 32 MB. Is a quotation mark open?`);
    }
    for (const char of text) {
      const isSecondHalf = char === "\n" && this.#wasReturn;
      this.#wasReturn = char === "\r";
      if (this.#state === QUOTED) {
        this.#quoted(char, isSecondHalf);
      } else if (!isSecondHalf) {
        this.#plain(char);
      }
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
    } else if (char === this.#separator) {
      this.#endCell();
    } else if (char === "\"" && this.#state === CLOSED) {
      this.#cell += char;
      this.#state = QUOTED;
    } else if (char === "\"" && this.#state === START) {
      this.#state = QUOTED;
    } else if (this.#state === CLOSED || this.#state === WRONG) {
      this.#state = WRONG;
      this.#isWrong = true;
    } else {
      this.#cell += char;
      this.#state = PLAIN;
    }
  }

  #endCell() {
    this.#row.push(this.#cell);
    this.#cell = "";
    this.#state = START;
  }

  #endRow() {
    const isBlank = this.#row.length === 0 && this.#cell === "" && this.#state === START;
    this.#endCell();
    if (!isBlank) {
      this.#take(this.#isWrong ? null : this.#row, this.#startLine);
    }
    this.#row = [];
    this.#isWrong = false;
  }

  /** There is no more. */
  end() {
    if (this.#state === QUOTED) {
      this.#isWrong = true;
    }
    this.#endRow();
  }
}
