package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads the control messages of a client to which a stream is sent. The only one is {@code {"type":"cancel"}}. Used by
 * the thread that reads the socket.
 */
final class Control {

    private static final int MAX_CHARACTERS = 4_096;

    private final SocketClient client;
    private final Runnable cancel;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream(0);
    private int characters;
    private boolean isViolated;

    Control(SocketClient client, Runnable cancel) {
        this.client = client;
        this.cancel = cancel;
    }

    /** Reads a part of a message in UTF-8. Parts may split a character. */
    void received(byte[] bytes, int offset, int length, boolean isLast) {
        if (isViolated) {
            return;
        }
        characters += characters(bytes, offset, length);
        if (characters > MAX_CHARACTERS) {
            violated("A control message has more than " + MAX_CHARACTERS + " characters. Send {\"type\":\"cancel\"}.");
            return;
        }
        message.write(bytes, offset, length);
        if (!isLast) {
            return;
        }
        String type = type(message.toString(StandardCharsets.UTF_8));
        message.reset();
        characters = 0;
        if (type.equals("cancel")) {
            cancel.run();
        } else {
            violated("type: Input should be 'cancel'");
        }
    }

    /** Counts characters as Java does: a character of four bytes counts as two. */
    private static int characters(byte[] bytes, int offset, int length) {
        int count = 0;
        for (int i = offset; i < offset + length; i++) {
            boolean isContinuation = (bytes[i] & 0xC0) == 0x80;
            boolean hasFourBytes = (bytes[i] & 0xF8) == 0xF0;
            count += isContinuation ? 0 : hasFourBytes ? 2 : 1;
        }
        return count;
    }

    private void violated(String why) {
        isViolated = true;
        client.reportViolation(ClaudeException.of(ErrorType.INVALID_REQUEST, why), CloseCode.POLICY_VIOLATION);
    }

    private static String type(String text) {
        var type = new StringBuilder();
        try {
            JsonPull.object(text, (name, value, parser) -> {
                if (name.equals("type") && value == JsonParser.Event.VALUE_STRING) {
                    type.append(parser.getString());
                }
                return false;
            });
        } catch (IllegalArgumentException e) {
            return "";
        }
        return type.toString();
    }
}
