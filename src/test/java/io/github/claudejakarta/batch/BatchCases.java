package io.github.claudejakarta.batch;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files of requests as people write them. The server and the console accept the same files, and reject the others with
 * the same lines.
 *
 * <p>{@code cases/verdicts.json} contains, for each file, the number of its requests or the lines that are rejected; 0
 * if the whole file is rejected. The tests of the console read it too ({@code src/test/console}).
 */
public final class BatchCases {

    private static final Pattern LINE = Pattern.compile("\\bline \\d+(?=: )");
    /** The maximum number of lines in an error. */
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

        /** Returns the number of its requests; 0 if it is rejected. */
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
        try (var reader = Json.createReader(BatchCases.class.getResourceAsStream("/cases/verdicts.json"))) {
            return reader.readObject().entrySet().stream()
                    .map(file -> new Case(file.getKey(), expected(file.getValue())));
        }
    }

    private static String expected(JsonValue verdict) {
        return verdict instanceof JsonArray lines
                ? verdict(lines.stream().map(line -> "line " + line).toList())
                : verdict.toString();
    }

    /** Returns the verdict of an error message. */
    public static String verdict(String message) {
        return verdict(LINE.matcher(message)
                .results()
                .map(MatchResult::group)
                .distinct()
                .toList());
    }

    /** Returns the verdict for these lines. */
    public static String verdict(List<String> lines) {
        return lines.isEmpty() ? "0" : lines.stream().limit(MOST).collect(Collectors.joining(", "));
    }
}
