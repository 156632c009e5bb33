package io.github.claudejakarta.batch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files of requests as people have them, each of which is accepted whole or refused with its lines, by the server and
 * by the console alike.
 */
public final class BatchCases {

    /**
     * The file; how many requests it has, and the lines that are wrong. A file that is wrong on no line has no
     * requests.
     */
    private static final String TABLE = """
        csv/blank_first.csv            1
        csv/blank_rows.csv             line 5
        csv/bom_quoted.csv             1
        csv/bom_twice.csv              line 1
        csv/comment.csv                line 1
        csv/cp1252.csv                 line 2
        csv/cr_only.csv                2
        csv/ctrlz.csv                  line 3
        csv/dup_col.csv                line 1
        csv/empty.csv                  0
        csv/formula.csv                1
        csv/header_only.csv            0
        csv/lfcr_mixed.csv             2
        csv/max_float.csv              line 2
        csv/max_thousand.csv           line 2
        csv/nbsp.csv                   1
        csv/nul.csv                    1
        csv/quote_mid.csv              2
        csv/quoted_after_space.csv     line 2
        csv/ragged.csv                 line 2
        csv/replacement.csv            line 4
        csv/sci.csv                    line 2
        csv/semi_ragged.csv            line 2
        csv/semi_with_comma_header.csv line 1
        csv/sep_comma.csv              1
        csv/sep_semicolon.csv          1
        csv/space_header.csv           1
        csv/tab.csv                    line 1
        csv/text_after_quote.csv       line 2
        csv/trailing_comma1.csv        1
        csv/trailing_commas.csv        2
        csv/unclosed.csv               line 2
        csv/unicode_text.csv           line 1
        csv/upper.csv                  line 1
        csv/utf16.csv                  line 1
        csv/zerolead.csv               2
        batch/array.jsonl              line 1
        batch/bom.jsonl                2
        batch/bom_mid.jsonl            line 2
        batch/comment.jsonl            line 1
        batch/cr_only.jsonl            line 1
        batch/ctrlz.jsonl              1
        batch/deep.jsonl               line 1
        batch/extra.jsonl              1
        batch/ids.jsonl                line 1, line 2, line 3, line 4, line 5, line 6
        batch/intid.jsonl              line 1
        batch/nan.jsonl                line 1
        batch/nolf.jsonl               2
        batch/nul.jsonl                1
        batch/openai.jsonl             line 1
        batch/pretty.jsonl             line 1, line 2, line 3, line 4, line 5, line 6, line 7, line 8, line 9, line 10
        batch/streamnull.jsonl         1
        batch/trailing_comma.jsonl     line 1
        batch/two_per_line.jsonl       line 1
        batch/u2028.jsonl              1
        batch/utf16.jsonl              line 1
        batch/array.json               0
        batch/dupkey.json              1
        batch/numbers.json             1
        """;

    private static final Pattern LINE = Pattern.compile("\\bline \\d+(?=: )");
    /** Of places in an error. */
    private static final int MOST = 10;

    private BatchCases() {}

    /** One of the files. */
    public record Case(String path, String verdict) {

        public boolean isCsv() {
            return path.endsWith(".csv");
        }

        public boolean isJson() {
            return path.endsWith(".json");
        }

        public String contentType() {
            return isCsv() ? "text/csv" : isJson() ? "application/json" : "application/x-ndjson";
        }

        /** How many requests it has; 0 where it is refused. */
        public int requests() {
            return verdict.startsWith("line") ? 0 : Integer.parseInt(verdict);
        }

        public byte[] content() {
            try (InputStream in = BatchCases.class.getResourceAsStream("/cases/" + path)) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return path;
        }
    }

    public static Stream<Case> all() {
        return TABLE.lines().map(row -> row.split(" +", 2)).map(row -> new Case(row[0], row[1]));
    }

    /** The verdict that the message of an error gives. */
    public static String verdict(String message) {
        return verdict(LINE.matcher(message)
                .results()
                .map(MatchResult::group)
                .distinct()
                .toList());
    }

    /** The verdict that consists of these lines. */
    public static String verdict(List<String> lines) {
        return lines.isEmpty() ? "0" : lines.stream().limit(MOST).collect(Collectors.joining(", "));
    }
}
