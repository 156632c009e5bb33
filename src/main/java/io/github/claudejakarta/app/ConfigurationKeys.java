package io.github.claudejakarta.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The configuration keys that begin with {@code claude.}: the keys that {@link Settings} reads, and the variables of
 * the server's configuration.
 */
final class ConfigurationKeys {

    /** Keys that exist once. */
    static final List<String> SINGLE = List.of(
            "claude.api-key",
            "claude.base-url",
            "claude.proxy",
            "claude.no-proxy",
            "claude.version",
            "claude.public-url",
            "claude.upstream",
            "claude.default-model",
            "claude.default-max-tokens",
            "claude.connect-timeout",
            "claude.read-timeout",
            "claude.lease-timeout",
            "claude.request-timeout",
            "claude.pool.max-connections",
            "claude.pool.max-idle",
            "claude.pool.keep-alive",
            "claude.stream.retention",
            "claude.stream.heartbeat",
            "claude.stream.write-timeout",
            "claude.stream.max-bytes",
            "claude.stream.max-watchers",
            "claude.stream.recovery",
            "claude.stream.recovery.prefill-models",
            "claude.stream.threads",
            "claude.usage.retention",
            "claude.application",
            "claude.database.jndi",
            "claude.request.body-timeout",
            "claude.request.max-bytes",
            "claude.cors.allowed-origins",
            "claude.log.format",
            "claude.batch.poll-interval",
            "claude.batch.max-poll-interval",
            "claude.batch.max-concurrent",
            "claude.batch.max-part-requests",
            "claude.batch.max-part-bytes",
            "claude.batch.resubmit-expired",
            "claude.batch.lookup",
            "claude.batch.retention",
            "claude.batch.max-bytes",
            "claude.job.max-concurrent",
            "claude.job.max-attempts",
            "claude.job.backoff",
            "claude.job.max-backoff",
            "claude.job.heartbeat",
            "claude.job.retention",
            "claude.job.max-bytes",
            "claude.job.recovery",
            "claude.conversation.store",
            "claude.conversation.max-bytes",
            "claude.conversation.max-messages",
            "claude.conversation.retention",
            "claude.webhooks.secret",
            "claude.webhooks.allowed-hosts",
            "claude.webhooks.timeout",
            "claude.webhooks.max-concurrent",
            "claude.webhooks.proxy");

    /** Keys of a client. */
    static final Family CLIENTS = new Family(
            "claude.clients.",
            List.of("key-sha256", "role", "requests-per-minute", "max-streams", "tokens-per-minute", "tokens-per-day"));

    /** Keys of a model. They cannot be set in the environment. */
    static final Family PRICES =
            new Family("claude.prices.", List.of("input", "output", "cache-write", "cache-write-1h", "cache-read"));

    /** Variables of the server's configuration, which the application does not read. */
    static final List<String> SERVER_VARIABLES = List.of(
            "claude.database.url",
            "claude.database.user",
            "claude.database.password",
            "claude.keystore.password",
            "claude.log.levels",
            "claude.server.config");

    private ConfigurationKeys() {}

    /**
     * Keys with the name of a client or model in the middle, such as {@code claude.clients.<name>.role}.
     *
     * @param prefix the first part, with a dot at its end
     * @param parts the last parts that are possible
     */
    record Family(String prefix, List<String> parts) {

        String key(String name, String part) {
            return prefix + name + "." + part;
        }
    }

    /** Returns all keys that exist once, including the server's variables. */
    static List<String> single() {
        var all = new ArrayList<>(SINGLE);
        all.addAll(SERVER_VARIABLES);
        return all;
    }

    /** Returns the environment variable of a key, such as {@code CLAUDE_STREAM_MAX_BYTES}. */
    static String inEnvironment(String key) {
        return key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }
}
