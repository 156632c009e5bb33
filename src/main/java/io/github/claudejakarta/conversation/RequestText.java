package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * Builds the body of a request from the bytes of stored messages, which are copied and not parsed.
 *
 * <p>Not safe for use by several threads.
 */
final class RequestText {

    private static final byte[] ROLE = ascii("{\"role\":\"");
    private static final byte[] CONTENT = ascii("\",\"content\":");
    private static final byte[] BETWEEN = ascii("},");
    private static final byte[] END = ascii("}]}");

    /** The fields that this class writes itself. */
    private static final Set<String> OWN = Set.of("messages", "stream");

    private final byte[] head;
    private byte[] body;
    private int length;
    private int messages;

    /** @param parameters of the request, without messages */
    RequestText(JsonObject parameters) {
        String text = JsonText.text(JsonText.builder(parameters(parameters))
                .add("stream", JsonValue.TRUE)
                .build());
        head = (text.substring(0, text.length() - 1) + ",\"messages\":[").getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the parameters of a body: all its fields except {@code messages} and {@code stream}. */
    static JsonObject parameters(JsonObject body) {
        var fields = JsonText.builder();
        body.forEach((key, value) -> {
            if (!OWN.contains(key)) {
                fields.add(key, value);
            }
        });
        return fields.build();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Returns the length of the body in bytes.
     *
     * @param count of all messages, at least one
     */
    long length(ConversationStore.Size all, int count) {
        return head.length
                + all.content()
                + all.roles()
                + (long) count * (ROLE.length + CONTENT.length)
                + (count - 1L) * BETWEEN.length
                + END.length;
    }

    /**
     * Starts the body.
     *
     * @param bytes length of the body, from {@link #length}
     */
    RequestText begin(int bytes) {
        body = new byte[bytes];
        put(head);
        return this;
    }

    RequestText add(String role, byte[] content) {
        if (messages++ > 0) {
            put(BETWEEN);
        }
        put(ROLE);
        put(ascii(role));
        put(CONTENT);
        put(content);
        return this;
    }

    private void put(byte[] bytes) {
        System.arraycopy(bytes, 0, body, length, bytes.length);
        length += bytes.length;
    }

    /**
     * Returns the body.
     *
     * @return empty if messages are missing, because the conversation was deleted meanwhile
     */
    Optional<byte[]> end() {
        if (length + END.length != body.length) {
            return Optional.empty();
        }
        put(END);
        return Optional.of(body);
    }
}
