package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessageFields;
import jakarta.json.stream.JsonParser;

/**
 * A submitted request, whose text is not changed.
 *
 * @param where place of the request for the caller: {@code line 17}, {@code requests.16}
 * @param json <code>{"custom_id","params"}</code>
 */
record SubmittedRequest(String where, String customId, byte[] json) {

    /** The maximum size of a request in bytes: 32 MB, as for a message. */
    static final int MAX_BYTES = 32 << 20;

    /**
     * Checks a request.
     *
     * @throws IllegalArgumentException if the request can only fail; the message names the problem and not the place
     * @throws ClaudeException {@code request_too_large}
     */
    static SubmittedRequest of(String where, byte[] json) {
        if (json.length > MAX_BYTES) {
            throw tooLarge(where);
        }
        var fields = new Fields();
        JsonPull.object(json, 0, json.length, fields::read);
        return new SubmittedRequest(where, fields.checkedCustomId(), json);
    }

    /** Returns the error for a request that is longer than allowed. */
    static ClaudeException tooLarge(String where) {
        return ClaudeException.of(
                ErrorType.REQUEST_TOO_LARGE, where + ": longer than 32 MB, the limit for one request of a batch");
    }

    static SubmittedRequest of(String where, BatchRequest request) {
        return of(where, JsonText.bytes(request.json()));
    }

    private static final class Fields {

        private JsonParser.Event customIdType = JsonParser.Event.VALUE_NULL;
        private String customId;
        private JsonParser.Event paramsType = JsonParser.Event.VALUE_NULL;
        private MessageFields params;

        boolean read(String name, JsonParser.Event value, JsonParser parser) {
            if (name.equals("custom_id")) {
                customIdType = value;
                customId = value == JsonParser.Event.VALUE_STRING ? parser.getString() : null;
            } else if (name.equals("params")) {
                paramsType = value;
                params = value == JsonParser.Event.START_OBJECT ? MessageFields.within(parser) : null;
                return params != null;
            }
            return false;
        }

        String checkedCustomId() {
            require("custom_id", customIdType, JsonParser.Event.VALUE_STRING, "a string");
            if (!BatchRequest.CUSTOM_ID.matcher(customId).matches()) {
                throw new IllegalArgumentException(
                        "custom_id: String should match pattern '^" + BatchRequest.CUSTOM_ID + "$'");
            }
            require("params", paramsType, JsonParser.Event.START_OBJECT, "an object");
            try {
                params.requireValidForBatch();
            } catch (ClaudeException e) {
                throw new IllegalArgumentException("params." + e.errorMessage(), e);
            }
            return customId;
        }

        /** Checks the type of a field. Null counts as absent. */
        private static void require(String name, JsonParser.Event type, JsonParser.Event expected, String article) {
            if (type == JsonParser.Event.VALUE_NULL) {
                throw new IllegalArgumentException(name + ": Field required");
            }
            if (type != expected) {
                throw new IllegalArgumentException(name + " must be " + article);
            }
        }
    }
}
