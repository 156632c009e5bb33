package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.MessageFields;
import jakarta.json.stream.JsonParser;
import java.nio.charset.StandardCharsets;

/**
 * A request as it was submitted, its text kept as it came.
 *
 * @param where where the caller finds it: {@code line 17}, {@code requests.16}
 * @param json  <code>{"custom_id","params"}</code>
 */
record SubmittedRequest(String where, String customId, byte[] json) {

    /** A message may have 32 MB, and so may a request of a batch. */
    static final int MAX_BYTES = 32 << 20;

    /** @throws IllegalArgumentException if it can only fail; the message says what is wrong and not where */
    static SubmittedRequest of(String where, byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new IllegalArgumentException("longer than 32 MB");
        }
        var fields = new Fields();
        JsonPull.object(json, 0, json.length, fields::take);
        return new SubmittedRequest(where, fields.checkedCustomId(), json);
    }

    static SubmittedRequest of(String where, BatchRequest request) {
        return of(where, request.json().toString().getBytes(StandardCharsets.UTF_8));
    }

    private static final class Fields {

        private String customId;
        private MessageFields params;

        boolean take(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("custom_id")) {
                customId = value == JsonParser.Event.VALUE_STRING ? parser.getString() : null;
            } else if (name.equals("params")) {
                params = value == JsonParser.Event.START_OBJECT ? MessageFields.within(parser) : null;
                return params != null;
            }
            return false;
        }

        String checkedCustomId() {
            if (customId == null) {
                throw new IllegalArgumentException("custom_id: Field required");
            }
            if (!BatchRequest.CUSTOM_ID.matcher(customId).matches()) {
                throw new IllegalArgumentException("custom_id: String should match pattern '^" + BatchRequest.CUSTOM_ID + "$'");
            }
            if (params == null) {
                throw new IllegalArgumentException("params: Field required");
            }
            try {
                params.requireFitForBatch();
            } catch (ClaudeException e) {
                throw new IllegalArgumentException("params." + e.errorMessage(), e);
            }
            return customId;
        }
    }
}
