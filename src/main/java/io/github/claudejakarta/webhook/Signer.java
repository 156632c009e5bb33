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
 * Signs callbacks with one secret or several: while secrets are exchanged, a receiver that knows one of them is
 * content.
 *
 * <p>Safe for use by many threads.
 */
public final class Signer {

    private static final String PREFIX = "whsec_";
    /** What Standard Webhooks asks of a secret. */
    private static final int SHORTEST = 24;

    private static final int LONGEST = 64;

    private final List<Webhook> keys;

    /**
     * @param secrets each {@code whsec_} and 24 to 64 bytes in Base64; may be empty
     * @throws IllegalArgumentException for one that is not, without repeating it
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
            if (bytes.length >= SHORTEST && bytes.length <= LONGEST) {
                return new Webhook(bytes);
            }
        } catch (IllegalArgumentException | EmptyWebhookSecretException e) {
            // told below: what the decoder says quotes the secret
        }
        throw new IllegalArgumentException(
                "claude.webhooks.secret must be whsec_ and " + SHORTEST + " to " + LONGEST
                        + " bytes in Base64. Separate several by commas. To create one, run: echo \"whsec_$(openssl rand -base64 32)\"");
    }

    /** Whether there is a secret at all. */
    boolean canSign() {
        return !keys.isEmpty();
    }

    /** The header {@code webhook-signature}. */
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
