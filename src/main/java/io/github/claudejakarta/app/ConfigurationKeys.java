package io.github.claudejakarta.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The configuration keys that begin with {@code claude.}: every key that {@link Settings} reads, and those of the
 * server's own configuration.
 */
final class ConfigurationKeys {

    /** Keys of one setting each. */
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

    /** Keys of which each client has its own. */
    static final Family CLIENTS = new Family(
            "claude.clients.",
            List.of("key-sha256", "role", "requests-per-minute", "max-streams", "tokens-per-minute", "tokens-per-day"));

    /** Keys of which each model has its own. They cannot be set in the environment. */
    static final Family PRICES =
            new Family("claude.prices.", List.of("input", "output", "cache-write", "cache-write-1h", "cache-read"));

    /** Variables of the server's configuration, which the application does not read. */
    static final List<String> OF_SERVER = List.of(
            "claude.database.url",
            "claude.database.user",
            "claude.database.password",
            "claude.keystore.password",
            "claude.log.levels",
            "claude.server.config");

    private ConfigurationKeys() {}

    /**
     * Keys with a name in the middle, as {@code claude.clients.<name>.role}.
     *
     * @param prefix with a dot at its end
     * @param parts that may follow the name
     */
    record Family(String prefix, List<String> parts) {

        String key(String name, String part) {
            return prefix + name + "." + part;
        }
    }

    /** All keys that stand alone, including the server's. */
    static List<String> single() {
        var all = new ArrayList<>(SINGLE);
        all.addAll(OF_SERVER);
        return all;
    }

    /** How the environment spells a key: {@code CLAUDE_STREAM_MAX_BYTES}. */
    static String inEnvironment(String key) {
        return key.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }
}
