package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a conversation as JSON. Holds a few messages in memory at a time and writes their contents as they are stored.
 *
 * <p>Not safe for use by several threads.
 */
final class ConversationJson {

    /** Number of messages that are read together. No database connection is held while they are written. */
    private static final int BATCH_SIZE = 20;

    private final OutputStream out;

    ConversationJson(OutputStream out) {
        this.out = out;
    }

    /** @throws UncheckedIOException if the output fails */
    void write(Conversation conversation, ConversationStore store) {
        try {
            String head = JsonText.text(JsonText.builder()
                    .add("id", conversation.id())
                    .add("type", "conversation")
                    .add("owner", conversation.owner())
                    .add("created_at", conversation.createdAt().toString())
                    .add("used_at", conversation.usedAt().toString())
                    .add(
                            "forked_from",
                            conversation
                                    .forkedFrom()
                                    .<JsonValue>map(ForkPoint::json)
                                    .orElse(JsonValue.NULL))
                    .add(
                            "question",
                            conversation
                                    .question()
                                    .<JsonValue>map(OpenQuestion::json)
                                    .orElse(JsonValue.NULL))
                    .add("request", conversation.request())
                    .build());
            put(head.substring(0, head.length() - 1) + ",\"messages\":[");
            messages(conversation, store);
            put("]}");
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void messages(Conversation conversation, ConversationStore store) throws IOException {
        for (int from = 1; from <= conversation.messageCount(); from += BATCH_SIZE) {
            List<Row> rows = new ArrayList<>();
            store.each(
                    conversation.id(), from, Math.min(from + BATCH_SIZE - 1, conversation.messageCount()), rows::add);
            for (Row row : rows) {
                message(row);
            }
        }
    }

    private void message(Row row) throws IOException {
        String head = JsonText.text(JsonText.builder()
                .add("id", row.id())
                .add("role", row.role())
                .add("created_at", row.createdAt().toString())
                .build());
        put((row.number() > 1 ? "," : "") + head.substring(0, head.length() - 1) + ",\"content\":");
        out.write(row.content());
        if (row.envelope() != null) {
            // The envelope is a JSON object whose fields follow the content.
            put(",");
            out.write(row.envelope(), 1, row.envelope().length - 2);
        }
        put("}");
    }

    private void put(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
