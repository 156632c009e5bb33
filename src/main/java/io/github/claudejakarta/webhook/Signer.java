package io.github.claudejakarta.webhook;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookSigningException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Signs callbacks with one or several secrets. During a change of secrets, a receiver that knows one of them can verify
 * the callback.
 *
 * <p>Safe for use by many threads.
 */
public final class Signer {

    private static final String PREFIX = "whsec_";
    /** The minimum number of bytes of a secret in Standard Webhooks. */
    private static final int MIN_BYTES = 24;

    private static final int MAX_BYTES = 64;

    private final List<Webhook> keys;

    /**
     * Creates a signer.
     *
     * @param secrets each {@code whsec_} and 24 to 64 bytes in Base64; may be empty
     * @throws IllegalArgumentException if a secret has another form; the message does not contain the secret
     */
    public Signer(List<String> secrets) {
        var made = new ArrayList<Webhook>();
        secrets.forEach(secret -> made.add(key(secret)));
        keys = List.copyOf(made);
    }

    private static Webhook key(String secret) {
        try {
            byte[] bytes =
                    Base64.getDecoder().decode(secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : "");
            if (bytes.length >= MIN_BYTES && bytes.length <= MAX_BYTES) {
                return new Webhook(bytes);
            }
        } catch (IllegalArgumentException | EmptyWebhookSecretException e) {
            // reported below: the message of the decoder quotes the secret
        }
        throw new IllegalArgumentException(
                "claude.webhooks.secret must be whsec_ and " + MIN_BYTES + " to " + MAX_BYTES
                        + " bytes in Base64. Separate several by commas. To create one, run: echo \"whsec_$(openssl rand -base64 32)\"");
    }

    /** Returns whether there is a secret. */
    boolean canSign() {
        return !keys.isEmpty();
    }

    /** Returns the value of the header {@code webhook-signature}. */
    String sign(String id, Instant timestamp, String payload) {
        return keys.stream().map(key -> sign(key, id, timestamp, payload)).collect(Collectors.joining(" "));
    }

    private static String sign(Webhook key, String id, Instant timestamp, String payload) {
        try {
            return key.sign(id, timestamp.getEpochSecond(), payload);
        } catch (WebhookSigningException e) {
            throw new IllegalStateException("Every Java platform has HMAC-SHA256", e);
        }
    }
}
