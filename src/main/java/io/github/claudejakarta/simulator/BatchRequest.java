package io.github.claudejakarta.simulator;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A request of a batch. Its params are parsed only when the request is processed.
 *
 * @param params the position of the params in the body that created the batch
 */
record BatchRequest(String customId, Body.Slice params) {

    private static final Pattern CUSTOM_ID = Pattern.compile("[a-zA-Z0-9_-]{1,64}");

    /**
     * Returns all requests of a body.
     *
     * @throws ApiError the error of the first invalid request
     */
    static List<BatchRequest> allOf(Body body, int max) {
        var envelope = new Envelope(body, max);
        envelope.read();
        return List.copyOf(envelope.requests);
    }

    /** Reads a body. */
    private static final class Envelope {

        private final Body body;
        private final JsonScanner json;
        private final int max;
        private final List<BatchRequest> requests = new ArrayList<>();
        private final Set<String> ids = new HashSet<>();
        private boolean isFound;

        Envelope(Body body, int max) {
            this.body = body;
            this.max = max;
            json = new JsonScanner(body);
        }

        void read() {
            json.object(name -> {
                if (name.equals("requests") && !isFound) {
                    readRequests();
                } else {
                    json.skip();
                }
            });
            json.end();
            if (!isFound) {
                throw new ApiError(400, "requests: Field required");
            }
            if (requests.isEmpty()) {
                throw new ApiError(400, "requests: List should have at least 1 item after validation, not 0");
            }
        }

        private void readRequests() {
            isFound = true;
            if (json.next() != '[') {
                throw new ApiError(400, "requests: Input should be a valid list");
            }
            json.array(this::readRequest);
        }

        private void readRequest(int index) {
            if (index == max) {
                throw new ApiError(413, "requests: List should have at most " + max + " items after validation");
            }
            var at = "requests." + index;
            if (json.next() != '{') {
                throw new ApiError(400, at + ": Input should be an object");
            }
            var request = new Item(at);
            json.object(request::read);
            requests.add(request.built());
        }

        /** Reads one request. */
        private final class Item {

            private final String at;
            private String customId = "";
            private Body.Slice params = body.slice(0, 0);

            Item(String at) {
                this.at = at;
            }

            void read(String name) {
                switch (name) {
                    case "custom_id" -> customId = readId();
                    case "params" -> params = readParams();
                    default -> json.skip();
                }
            }

            private String readId() {
                if (json.next() != '"') {
                    throw new ApiError(400, at + ".custom_id: Input should be a valid string");
                }
                var id = json.string();
                if (!CUSTOM_ID.matcher(id).matches()) {
                    throw new ApiError(400, at + ".custom_id: String should match pattern '^" + CUSTOM_ID + "$'");
                }
                return id;
            }

            private Body.Slice readParams() {
                if (json.next() != '{') {
                    throw new ApiError(400, at + ".params: Input should be an object");
                }
                var from = json.position();
                json.skip();
                return body.slice(from, json.position());
            }

            BatchRequest built() {
                if (customId.isEmpty()) {
                    throw new ApiError(400, at + ".custom_id: Field required");
                }
                if (params.length() == 0) {
                    throw new ApiError(400, at + ".params: Field required");
                }
                if (!ids.add(customId)) {
                    throw new ApiError(400, at + ".custom_id: \"" + customId + "\" is not unique in this batch");
                }
                return new BatchRequest(customId, params);
            }
        }
    }
}
