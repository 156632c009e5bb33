package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ByteOrderMark;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.StreamEvent;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The fields of a result that are counted. The message itself is skipped.
 *
 * @param type {@code succeeded}, {@code errored}, {@code canceled} or {@code expired}
 * @param errorType type of the error, for example {@code overloaded_error}; empty without an error
 * @param model the model that answered; empty without an answer
 * @param tokens tokens that were used
 */
record ResultLine(String customId, String type, String errorType, String model, Tokens tokens) {

    private static final byte[] USUAL_BEGINNING = "{\"custom_id\":\"".getBytes(StandardCharsets.US_ASCII);

    private static final int MAX_ERROR_BYTES = 1 << 20;

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException if the line is not a result
     */
    static ResultLine parse(byte[] buffer, int offset, int length) {
        var reading = new Reading();
        JsonPull.object(buffer, offset, length, reading::line);
        if (reading.customId.isEmpty() || reading.type.isEmpty()) {
            throw new IllegalArgumentException("not a result of a batch");
        }
        return new ResultLine(
                reading.customId,
                reading.type,
                reading.errorType,
                reading.model,
                new Tokens(
                        reading.input,
                        reading.output,
                        Math.max(0, reading.cacheWritten - reading.cacheWritten1h),
                        reading.cacheWritten1h,
                        reading.cacheRead));
    }

    /**
     * Reads the current line of a reader. The last line of a download may lack its line end. It is accepted if it is
     * complete.
     *
     * @throws ErrorLine if the line is an error in Anthropic's format
     * @throws IOException if it is not a result
     */
    static ResultLine read(LineReader lines) throws IOException {
        try {
            return parse(lines.buffer(), lines.start(), lines.length());
        } catch (IllegalArgumentException e) {
            throw unreadable(lines, e);
        }
    }

    /**
     * Reads the {@code custom_id} of the current line of a reader. If the line has a line end, the rest of the line is
     * not parsed.
     *
     * @throws IOException if the line is not a result
     */
    static String readCustomId(LineReader lines) throws IOException {
        try {
            return lines.isTerminated()
                    ? customId(lines.buffer(), lines.start(), lines.length())
                    : read(lines).customId();
        } catch (IllegalArgumentException e) {
            throw unreadable(lines, e);
        }
    }

    /** An error of Claude or of a gateway, instead of results. */
    static final class ErrorLine extends IOException {

        private static final long serialVersionUID = 1;

        private final transient ClaudeException error;

        ErrorLine(ClaudeException error) {
            super(error.getMessage(), error);
            this.error = error;
        }

        ClaudeException error() {
            return error;
        }
    }

    private static IOException unreadable(LineReader lines, IllegalArgumentException e) {
        if (lines.length() <= MAX_ERROR_BYTES) {
            String text = ByteOrderMark.decode(
                    Arrays.copyOfRange(lines.buffer(), lines.start(), lines.start() + lines.length()));
            if (StreamEvent.of("", text) instanceof StreamEvent.Error error) {
                return new ErrorLine(error.exception());
            }
        }
        return new IOException(
                lines.isTerminated()
                        ? "A result cannot be read: " + e.getMessage()
                        : "The download broke off in the middle of a line",
                e);
    }

    /**
     * Returns the {@code custom_id}. A line that begins in the usual way is not parsed, because such ids need no
     * escapes.
     */
    static String customId(byte[] buffer, int offset, int length) {
        int start = offset + USUAL_BEGINNING.length;
        int end = start;
        if (length > USUAL_BEGINNING.length
                && Arrays.equals(buffer, offset, start, USUAL_BEGINNING, 0, USUAL_BEGINNING.length)) {
            while (end < offset + length && buffer[end] != '"' && buffer[end] != '\\') {
                end++;
            }
            if (end < offset + length && buffer[end] == '"') {
                return new String(buffer, start, end - start, StandardCharsets.ISO_8859_1);
            }
        }
        return parse(buffer, offset, length).customId();
    }

    private static final class Reading {

        private String customId = "";
        private String type = "";
        private String errorType = "";
        private String model = "";
        private long input;
        private long output;
        private long cacheWritten;
        private long cacheWritten1h;
        private long cacheRead;

        boolean line(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("custom_id")) {
                customId = text(value, parser);
            }
            return name.equals("result") && within(value, parser, this::result);
        }

        private boolean result(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("type")) {
                type = text(value, parser);
            }
            return name.equals("message") && within(value, parser, this::message)
                    || name.equals("error") && within(value, parser, this::envelope);
        }

        private boolean envelope(String name, JsonParser.Event value, JsonParser parser) {
            return name.equals("error") && within(value, parser, this::error);
        }

        private boolean error(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("type")) {
                errorType = text(value, parser);
            }
            return false;
        }

        private boolean message(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("model")) {
                model = text(value, parser);
            }
            return name.equals("usage") && within(value, parser, this::usage);
        }

        private boolean usage(String name, JsonParser.Event value, JsonParser parser) {
            switch (name) {
                case "input_tokens" -> input = number(value, parser);
                case "output_tokens" -> output = number(value, parser);
                case "cache_creation_input_tokens" -> cacheWritten = number(value, parser);
                case "cache_read_input_tokens" -> cacheRead = number(value, parser);
                default -> {}
            }
            return name.equals("cache_creation") && within(value, parser, this::cacheCreation);
        }

        private boolean cacheCreation(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("ephemeral_1h_input_tokens")) {
                cacheWritten1h = number(value, parser);
            }
            return false;
        }

        private static boolean within(JsonParser.Event value, JsonParser parser, JsonPull.Fields fields) {
            if (value != JsonParser.Event.START_OBJECT) {
                return false;
            }
            JsonPull.fields(parser, fields);
            return true;
        }

        private static String text(JsonParser.Event value, JsonParser parser) {
            return value == JsonParser.Event.VALUE_STRING ? parser.getString() : "";
        }

        private static long number(JsonParser.Event value, JsonParser parser) {
            return value == JsonParser.Event.VALUE_NUMBER ? parser.getLong() : 0;
        }
    }
}
