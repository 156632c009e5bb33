package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import jakarta.json.stream.JsonParser;

/** What a client may say while a stream is sent to it: {@code {"type":"cancel"}}. Used by one thread at a time. */
final class Control {

    private static final int LONGEST = 4_096;

    private final SocketClient client;
    private final Runnable cancel;
    private final StringBuilder text = new StringBuilder();

    Control(SocketClient client, Runnable cancel) {
        this.client = client;
        this.cancel = cancel;
    }

    void received(String part, boolean isLast) {
        if (text.length() + part.length() > LONGEST) {
            client.violated(invalid("A message may have " + LONGEST + " characters here"));
            return;
        }
        text.append(part);
        if (!isLast) {
            return;
        }
        String type = type(text.toString());
        text.setLength(0);
        if (type.equals("cancel")) {
            cancel.run();
        } else {
            client.violated(invalid("type: Input should be 'cancel'"));
        }
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

    private static ClaudeException invalid(String why) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, why);
    }
}
