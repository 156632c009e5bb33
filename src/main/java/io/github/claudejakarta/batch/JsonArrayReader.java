package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BomFreeInput;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.JsonBytes;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.json.stream.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Reads <code>{"requests":[...]}</code>, Anthropic's own format, with an optional {@code callback_url}. One request at
 * a time is in memory, and its text stays as it is, byte for byte.
 */
final class JsonArrayReader implements RequestReader {

    private final RequestReservation room;
    private final JsonBytes parser;
    private boolean hasBegun;
    private boolean isInList;
    private boolean isFinished;
    private int index = -1;
    private String callbackUrl;

    /** @param room memory for the request that is being read, and for the requests that are not stored yet */
    JsonArrayReader(InputStream body, MemoryReservation room) {
        this.room = new RequestReservation(room);
        this.parser = new JsonBytes(new BomFreeInput(body), SubmittedRequest.MAX_BYTES, this.room::reserveBuffer);
    }

    @Override
    public void setPendingBytes(long bytes) {
        room.setPendingBytes(bytes);
    }

    @Override
    public Optional<SubmittedRequest> next() throws IOException {
        room.releaseRequest();
        byte[] json;
        try {
            if (isFinished || !hasBegun && !begin() || !hasMore()) {
                return Optional.empty();
            }
            json = element();
        } catch (ClaudeException | Unreadable | BadRequest e) {
            throw e;
        } catch (RuntimeException e) {
            throw unreadable(e);
        }
        index++;
        String where = "requests." + index;
        return Optional.of(RequestReader.read(where, () -> SubmittedRequest.of(where, json)));
    }

    private boolean begin() {
        hasBegun = true;
        if (parser.next() != JsonParser.Event.START_OBJECT) {
            throw new Unreadable("The request body is not a JSON object", null);
        }
        while (parser.next() == JsonParser.Event.KEY_NAME) {
            String name = parser.getString();
            boolean isWanted = name.equals("requests");
            JsonParser.Event value = parser.next();
            readCallbackUrl(name, value);
            if (isWanted && value == JsonParser.Event.START_ARRAY) {
                isInList = true;
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

    /**
     * Returns whether the list has another request. At its end the rest of the body is read, to find a body that is
     * cut.
     */
    private boolean hasMore() {
        JsonParser.Event event = parser.next();
        if (event == JsonParser.Event.START_OBJECT) {
            return true;
        }
        if (event != JsonParser.Event.END_ARRAY) {
            if (event == JsonParser.Event.START_ARRAY) {
                JsonPull.skip(parser);
            }
            index++;
            throw new BadRequest("requests." + index + ": Input should be an object", null);
        }
        readRest();
        isFinished = true;
        return false;
    }

    private void readRest() {
        for (JsonParser.Event key = parser.next(); key != JsonParser.Event.END_OBJECT; key = parser.next()) {
            String name = parser.getString();
            if (name.equals("requests")) {
                throw new Unreadable("requests: the body has this field twice. Put all requests into one list", null);
            }
            JsonParser.Event value = parser.next();
            readCallbackUrl(name, value);
            if (value == JsonParser.Event.START_OBJECT || value == JsonParser.Event.START_ARRAY) {
                JsonPull.skip(parser);
            }
        }
        if (parser.hasNext()) {
            parser.next();
        }
    }

    private void readCallbackUrl(String name, JsonParser.Event value) {
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

    private byte[] element() {
        parser.startCapture();
        JsonPull.skip(parser);
        byte[] json = parser.endCapture();
        room.reserveRequest(parser.capacity(), json.length);
        return json;
    }

    /** @throws IOException if the caller broke off; the parser wraps this exception */
    private Unreadable unreadable(RuntimeException e) throws IOException {
        if (e.getCause() instanceof IOException broken) {
            throw broken;
        }
        if (e instanceof JsonBytes.TooLong) {
            throw SubmittedRequest.tooLarge("requests." + (index + 1)).withCause(e);
        }
        if (e instanceof JsonBytes.NotUtf8) {
            return new Unreadable(
                    (isInList ? "requests." + (index + 1) + ": " : "The request body is ") + e.getMessage(), e);
        }
        return new Unreadable("The request body is not valid JSON: " + e.getMessage(), e);
    }
}
