package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.ClaudeException;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.FilterInputStream;
import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * <code>{"requests":[...]}</code>, Anthropic's own form, and beside it {@code callback_url}. One request at a time is in memory; its text is written anew, so that white space
 * and the spelling of numbers may differ.
 */
final class JsonArrayReader implements RequestReader {

    private static final JsonParserFactory PARSERS = JsonProvider.provider().createParserFactory(Map.of());

    private final RequestLimit in;
    private final JsonParser parser;
    private boolean isBegun;
    private boolean isOver;
    private int index = -1;
    private String callbackUrl;

    JsonArrayReader(InputStream body) {
        in = new RequestLimit(body);
        parser = PARSERS.createParser(new EvenReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder())));
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        in.begin();
        try {
            if (isOver || !isBegun && !begin() || !hasMore()) {
                return Optional.empty();
            }
        } catch (ClaudeException e) {
            throw e;
        } catch (RuntimeException e) {
            // not JsonException alone: the parser has limits of its own, and says so in plain exceptions
            throw unreadable(e, index + 1);
        }
        index++;
        String where = "requests." + index;
        byte[] json = element();
        return Optional.of(RequestReader.read(where, () -> SubmittedRequest.of(where, json)));
    }

    private boolean begin() {
        isBegun = true;
        if (parser.next() != JsonParser.Event.START_OBJECT) {
            throw new Unreadable("The request body is not a JSON object", null);
        }
        while (parser.next() == JsonParser.Event.KEY_NAME) {
            String name = parser.getString();
            boolean isWanted = name.equals("requests");
            JsonParser.Event value = parser.next();
            note(name, value);
            if (isWanted && value == JsonParser.Event.START_ARRAY) {
                return true;
            }
            if (isWanted) {
                throw new Unreadable("requests: Input should be a valid list", null);
            }
            if (value == JsonParser.Event.START_OBJECT || value == JsonParser.Event.START_ARRAY) {
                JsonPull.skip(parser);
            }
        }
        throw new Unreadable("requests: Field required", null);
    }

    /** At the end of the list the rest is read too: a body that breaks off is not a whole one. */
    private boolean hasMore() {
        JsonParser.Event event = parser.next();
        if (event == JsonParser.Event.START_OBJECT) {
            return true;
        }
        if (event != JsonParser.Event.END_ARRAY) {
            throw new Unreadable("requests." + (index + 1) + ": Input should be an object", null);
        }
        readOn();
        isOver = true;
        return false;
    }

    private void readOn() {
        int depth = 1;
        String name = "";
        while (parser.hasNext()) {
            JsonParser.Event event = parser.next();
            switch (event) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case KEY_NAME -> {
                    name = depth == 1 ? parser.getString() : "";
                    if (name.equals("requests")) {
                        throw new Unreadable("requests: there are two lists of them", null);
                    }
                }
                default -> { }
            }
            if (event != JsonParser.Event.KEY_NAME && !name.isEmpty()) {
                note(name, event);
                name = "";
            }
        }
    }

    private void note(String name, JsonParser.Event value) {
        if (name.equals("callback_url") && value != JsonParser.Event.VALUE_NULL) {
            if (value != JsonParser.Event.VALUE_STRING) {
                throw new Unreadable("callback_url: Input should be a valid string", null);
            }
            callbackUrl = parser.getString();
        }
    }

    @Override
    public Optional<String> callbackUrl() {
        return Optional.ofNullable(callbackUrl);
    }

    private byte[] element() throws IOException {
        try {
            return parser.getObject().toString().getBytes(StandardCharsets.UTF_8);
        } catch (ClaudeException e) {
            throw e;
        } catch (RuntimeException e) {
            throw unreadable(e, index);
        }
    }

    /** @throws IOException if the caller broke off, which the parser wraps */
    private Unreadable unreadable(RuntimeException e, int at) throws IOException {
        if (e instanceof Unreadable told) {
            return told;
        }
        if (in.isOverrun()) {
            return new Unreadable("requests." + at + ": longer than 32 MB", e);
        }
        if (e.getCause() instanceof CharacterCodingException) {
            return new Unreadable("requests." + Math.max(0, at) + " or after: not UTF-8", e);
        }
        if (e.getCause() instanceof IOException broken) {
            throw broken;
        }
        return new Unreadable("The request body is not valid JSON: " + e.getMessage(), e);
    }

    /** Ends the reading where a single request would fill the memory. */
    private static final class RequestLimit extends FilterInputStream {

        private long sinceBegin;

        RequestLimit(InputStream in) {
            super(in);
        }

        void begin() {
            sinceBegin = 0;
        }

        boolean isOverrun() {
            // what was read ahead may be others', and whether this one is too long is seen when it is whole
            return sinceBegin > SubmittedRequest.MAX_BYTES + EvenReader.MOST_BYTES;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            sinceBegin += Math.max(0, count);
            if (isOverrun()) {
                throw new IOException("one request is too long");
            }
            return count;
        }
    }

    /**
     * Reads as much as is wanted, up to a limit. Less would make a long string slow, because the parser copies what it has of it at each
     * reading; more would be read ahead, because the parser's memory stays as large as the longest string made it.
     */
    private static final class EvenReader extends FilterReader {

        private static final int MOST = 1 << 20;
        /** A character may have three bytes; and a decoder has a buffer of its own. */
        static final long MOST_BYTES = 4L * MOST;

        EvenReader(Reader in) {
            super(in);
        }

        @Override
        public int read(char[] buffer, int offset, int length) throws IOException {
            int wanted = Math.min(length, MOST);
            int count = 0;
            while (count < wanted) {
                int more = in.read(buffer, offset + count, wanted - count);
                if (more < 0) {
                    return count == 0 ? -1 : count;
                }
                count += more;
            }
            return count;
        }
    }
}
