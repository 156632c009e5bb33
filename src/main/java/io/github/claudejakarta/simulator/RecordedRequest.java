package io.github.claudejakarta.simulator;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A request that the simulator received.
 *
 * <p>Keys are not stored: {@code x-api-key} and {@code authorization} have the SHA-256 of the value that was sent, see
 * {@link #carries}.
 *
 * @param path path and query, not decoded
 * @param headers by name, ignoring case; values of a repeated header are joined with commas
 * @param bodyLength the length of the body in bytes
 * @param body the body; empty if it is larger than 64 KiB
 */
@PublicApi
public record RecordedRequest(
        String method, String path, Map<String, String> headers, int bodyLength, Optional<String> body) {

    private static final int SMALL_BODY = 64 << 10;
    private static final Set<String> SECRETS = Set.of("x-api-key", "authorization");

    public RecordedRequest {
        var copy = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        copy.putAll(headers);
        headers = Collections.unmodifiableMap(copy);
    }

    static RecordedRequest of(HttpRequest request) {
        var headers = new TreeMap<>(request.headers());
        SECRETS.forEach(name -> request.header(name).ifPresent(value -> {
            headers.remove(name);
            headers.put(name, digest(value));
        }));
        var length = request.body().length();
        var body = length > SMALL_BODY
                ? Optional.<String>empty()
                : Optional.of(request.body().all().text());
        return new RecordedRequest(request.method(), request.target(), headers, length, body);
    }

    /** Returns a header. Upper and lower case of the name do not matter. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** Returns the request for a message; empty if this is another request, or its body is not recorded. */
    public Optional<SimulatedRequest> message() {
        return method.equals("POST") && path.split("\\?", 2)[0].equals("/v1/messages")
                ? body.flatMap(RecordedRequest::object).map(SimulatedRequest::new)
                : Optional.empty();
    }

    private static Optional<JsonObject> object(String text) {
        try (var reader = JsonText.PROVIDER.createReader(new StringReader(text))) {
            return reader.readValue() instanceof JsonObject object ? Optional.of(object) : Optional.empty();
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    /** Returns whether the request had this key as {@code x-api-key} or as a bearer token. */
    public boolean carries(String key) {
        return header("x-api-key").equals(Optional.of(digest(key)))
                || header("authorization").equals(Optional.of(digest("Bearer " + key)));
    }

    private static String digest(String secret) {
        try {
            var hash = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns method, path and size without the contents, which must not appear in a log. */
    @Override
    public String toString() {
        return method + " " + path + " (" + bodyLength + " bytes)";
    }
}
