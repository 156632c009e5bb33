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
 * Files of requests as people have them, each of which is accepted whole or refused with its lines, by the server and
 * by the console alike.
 *
 * <p>{@code cases/verdicts.json} has for each file how many requests it has, or the lines that are refused; 0 where the
 * file is refused as a whole. The console's own tests read it, too ({@code src/test/console}).
 */
public final class BatchCases {

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
