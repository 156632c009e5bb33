package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.web.RandomId;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A message in the form in which it is stored.
 *
 * @param number from 1
 * @param content JSON text in UTF-8, which is sent to Claude unchanged
 * @param envelope the other fields of the answer, and whether it is from a simulator: JSON text in UTF-8; null for a
 *     message that is not an answer of Claude or a simulator
 */
record Row(String id, int number, String role, byte[] content, byte[] envelope, Instant createdAt) {

    private static final String PREFIX = "cmsg_";

    static Row of(int number, String role, byte[] content, Instant now) {
        return new Row(RandomId.of(PREFIX), number, role, content, null, now);
    }

    static Row question(int number, byte[] content, Instant now) {
        return of(number, "user", content, now);
    }

    static Row answer(int number, Answer answer, Instant now) {
        return new Row(answer.id(), number, "assistant", answer.content(), answer.envelope(), now);
    }

    long bytes() {
        return content.length + (envelope == null ? 0L : envelope.length);
    }

    ConversationMessage message() {
        Optional<JsonObject> fields = Optional.ofNullable(envelope)
                .map(bytes -> JsonText.value(new String(bytes, StandardCharsets.UTF_8))
                        .asJsonObject());
        return new ConversationMessage(
                id,
                number,
                role,
                new String(content, StandardCharsets.UTF_8),
                fields.map(json -> json.getJsonObject(Answer.MESSAGE)),
                fields.map(json -> json.getJsonArray(UnparsedToolInput.FIELD))
                        .map(inputs -> inputs.getValuesAs(UnparsedToolInput::of))
                        .orElse(List.of()),
                createdAt,
                fields.map(json -> json.getBoolean(Answer.SIMULATOR, false)).orElse(false));
    }

    /**
     * An answer to store. It has the id of its row, so it is stored only once even if the commit is repeated.
     *
     * @param content as in a {@link Row}
     * @param envelope as in a {@link Row}
     */
    record Answer(String id, byte[] content, byte[] envelope) {

        static final String MESSAGE = "message";
        /** Present only if it is true, as in jobs and batches. */
        static final String SIMULATOR = "simulator";

        static Answer of(Message message, boolean isSimulated) {
            var envelope = JsonText.builder()
                    .add(MESSAGE, JsonText.builder(message.json()).remove("content"));
            UnparsedToolInput.addTo(envelope, message.unparsedToolInputs());
            if (isSimulated) {
                envelope.add(SIMULATOR, true);
            }
            return new Answer(
                    RandomId.of(PREFIX),
                    JsonText.bytes(message.json().getOrDefault("content", JsonValue.EMPTY_JSON_ARRAY)),
                    JsonText.bytes(envelope.build()));
        }

        /** Returns an answer that the application has written. */
        static Answer of(String text) {
            return new Answer(RandomId.of(PREFIX), JsonText.bytes(JsonText.string(text)), null);
        }

        long bytes() {
            return content.length + (envelope == null ? 0L : envelope.length);
        }
    }
}
