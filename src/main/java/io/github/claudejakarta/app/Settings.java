package io.github.claudejakarta.app;

import io.github.claudejakarta.batch.BatchSettings;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.job.JobSettings;
import io.github.claudejakarta.net.HttpProxy;
import io.github.claudejakarta.net.NoProxy;
import io.github.claudejakarta.observe.LogFormat;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.usage.Limits;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.Origins;
import io.github.claudejakarta.web.PublicUrl;
import io.github.claudejakarta.webhook.AllowedHosts;
import io.github.claudejakarta.webhook.Signer;
import io.github.claudejakarta.webhook.WebhookSettings;
import java.io.File;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * MicroProfile Config, read once and checked. A value that cannot be used stops the start with a message that names its
 * key.
 */
final class Settings {

    private static final int CONNECTIONS = 100;
    private static final int JOBS_SHARE_OF_CONNECTIONS = 5;
    private static final URI ANTHROPIC = URI.create("https://api.anthropic.com");
    private static final Pattern CLIENT =
            Pattern.compile("claude\\.clients\\.(.+)\\.(" + oneOf(ConfigurationKeys.CLIENTS) + ")");
    /**
     * The same in the environment, where a name can have neither small letters nor hyphens:
     * {@code CLAUDE_CLIENTS_TELLER_ROLE}.
     */
    static final Pattern CLIENT_IN_ENVIRONMENT = Pattern.compile("CLAUDE_CLIENTS_(.+)_("
            + oneOf(ConfigurationKeys.CLIENTS).toUpperCase(Locale.ROOT).replace('-', '_') + ")");

    private static final Pattern PRICE =
            Pattern.compile("claude\\.prices\\.(.+)\\.(" + oneOf(ConfigurationKeys.PRICES) + ")");

    /** Who answers for Claude. */
    enum Upstream {
        AUTO,
        ANTHROPIC,
        SIMULATOR
    }

    /** What carries a stream. */
    enum Threads {
        PLATFORM,
        VIRTUAL
    }

    private final Config config;

    private static String oneOf(ConfigurationKeys.Family family) {
        return String.join("|", family.parts());
    }

    Settings(Config config) {
        this.config = config;
    }

    /** The simulator where it is configured, or where nothing says how to reach Claude. */
    boolean isSimulated() {
        return switch (choice("claude.upstream", Upstream.AUTO)) {
            case SIMULATOR -> true;
            case ANTHROPIC -> false;
            case AUTO -> apiKey().isEmpty() && baseUri().isEmpty();
        };
    }

    ClientSettings client() {
        var direct = new ClientSettings(
                baseUri().orElse(ANTHROPIC),
                apiKey(),
                text("claude.version").orElse("2023-06-01"),
                duration("claude.connect-timeout", Duration.ofSeconds(10)),
                duration("claude.read-timeout", Duration.ofSeconds(120)),
                duration("claude.lease-timeout", Duration.ofSeconds(30)),
                duration("claude.request-timeout", Duration.ofMinutes(10)),
                number("claude.pool.max-connections", CONNECTIONS),
                number("claude.pool.max-idle", 20),
                duration("claude.pool.keep-alive", Duration.ofSeconds(30)));
        Optional<HttpProxy> proxy = text("claude.proxy").map(url -> HttpProxy.of("claude.proxy", url));
        boolean isDirect =
                new NoProxy(list("claude.no-proxy")).contains(direct.authority().host());
        return isDirect ? direct : direct.withProxy(proxy.or(() -> HttpProxy.ofJava(direct.baseUri())));
    }

    private Optional<String> apiKey() {
        return text("claude.api-key").or(() -> text("ANTHROPIC_API_KEY"));
    }

    private Optional<URI> baseUri() {
        return uri("claude.base-url").or(() -> uri("ANTHROPIC_BASE_URL"));
    }

    StreamSettings streams() {
        return new StreamSettings(
                duration("claude.stream.retention", Duration.ofMinutes(10)),
                duration("claude.stream.heartbeat", Duration.ofSeconds(10)),
                duration("claude.stream.write-timeout", Duration.ofSeconds(60)),
                value("claude.stream.max-bytes", Long.class)
                        .orElse(Runtime.getRuntime().maxMemory() / 4),
                number("claude.stream.max-watchers", 10_000));
    }

    RecoverySettings recovery() {
        return new RecoverySettings(
                choice("claude.stream.recovery", RecoveryMode.OFF),
                text("claude.stream.recovery.prefill-models")
                        .map(Settings::pattern)
                        .orElse(RecoverySettings.UP_TO_4_5));
    }

    private static Pattern pattern(String prefillModels) {
        try {
            return Pattern.compile(prefillModels);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "claude.stream.recovery.prefill-models must be a regular expression: " + e.getDescription(), e);
        }
    }

    BatchSettings batches() {
        return new BatchSettings(
                apiKey().isPresent() || isSimulated(),
                duration("claude.batch.poll-interval", Duration.ofSeconds(5)),
                duration("claude.batch.max-poll-interval", Duration.ofSeconds(60)),
                number("claude.batch.max-concurrent", 10),
                number("claude.batch.max-part-requests", 100_000),
                value("claude.batch.max-part-bytes", Long.class).orElse(256_000_000L),
                number("claude.batch.resubmit-expired", 0),
                duration("claude.batch.lookup", Duration.ofSeconds(60)),
                duration("claude.batch.retention", Duration.ofDays(30)),
                value("claude.batch.max-bytes", Long.class).orElse(20_000_000_000L));
    }

    JobSettings jobs() {
        int connections = number("claude.pool.max-connections", CONNECTIONS);
        int concurrent = number("claude.job.max-concurrent", Math.max(1, connections / JOBS_SHARE_OF_CONNECTIONS));
        if (concurrent > connections) {
            throw new IllegalArgumentException(
                    "claude.job.max-concurrent must not exceed claude.pool.max-connections: each job that runs holds one");
        }
        return new JobSettings(
                apiKey().isPresent() || isSimulated(),
                concurrent,
                number("claude.job.max-attempts", 8),
                duration("claude.job.backoff", Duration.ofSeconds(10)),
                duration("claude.job.max-backoff", Duration.ofMinutes(10)),
                duration("claude.job.heartbeat", Duration.ofSeconds(5)),
                duration("claude.job.retention", Duration.ofDays(7)),
                value("claude.job.max-bytes", Long.class).orElse(20_000_000_000L),
                choice("claude.job.recovery", RecoveryMode.CONTINUE));
    }

    WebhookSettings webhooks() {
        return new WebhookSettings(
                new Signer(list("claude.webhooks.secret")),
                new AllowedHosts(list("claude.webhooks.allowed-hosts")),
                duration("claude.webhooks.timeout", Duration.ofSeconds(15)),
                number("claude.webhooks.max-concurrent", 20),
                text("claude.webhooks.proxy").map(url -> HttpProxy.of("claude.webhooks.proxy", url)));
    }

    private List<String> list(String key) {
        return text(key)
                .map(value -> Stream.of(value.split(","))
                        .map(String::strip)
                        .filter(one -> !one.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    /** {@code claude.prices.<model>.input} and so on, for a million tokens. */
    Prices prices() {
        var prices = new HashMap<String, Prices.Price>();
        for (String name : config.getPropertyNames()) {
            Matcher price = PRICE.matcher(name);
            if (price.matches()) {
                prices.computeIfAbsent(price.group(1), this::price);
            }
        }
        return new Prices(prices);
    }

    private Prices.Price price(String model) {
        String prefix = "claude.prices." + model + ".";
        Prices.Price usual = Prices.Price.of(
                amount(prefix + "input").orElseThrow(() -> missing(prefix + "input")),
                amount(prefix + "output").orElseThrow(() -> missing(prefix + "output")));
        return new Prices.Price(
                usual.input(),
                usual.output(),
                amount(prefix + "cache-write").orElse(usual.cacheWrite()),
                amount(prefix + "cache-write-1h").orElse(usual.cacheWrite1h()),
                amount(prefix + "cache-read").orElse(usual.cacheRead()));
    }

    private static IllegalArgumentException missing(String key) {
        return new IllegalArgumentException(key + " must be set where other prices of the model are");
    }

    private Optional<BigDecimal> amount(String key) {
        return value(key, BigDecimal.class).map(amount -> {
            if (amount.signum() < 0) {
                throw new IllegalArgumentException(key + " must not be negative");
            }
            return amount;
        });
    }

    Threads threads() {
        return choice("claude.stream.threads", Threads.PLATFORM);
    }

    BodySettings bodies() {
        return new BodySettings(duration("claude.request.body-timeout", Duration.ofSeconds(30)));
    }

    /** Of the heap a part, beside the quarter that streams may take. */
    /**
     * Returns a warning if the directory of {@code CLAUDE_SERVER_CONFIG} is missing: the server starts without it, and
     * says nothing.
     */
    Optional<String> missingServerConfiguration() {
        return config.getOptionalValue("CLAUDE_SERVER_CONFIG", String.class)
                .filter(directory -> !new File(directory).isDirectory())
                .map(directory -> "CLAUDE_SERVER_CONFIG: there is no directory " + directory
                        + ". The server runs without this configuration.");
    }

    MemoryBudget bodyMemory() {
        return new MemoryBudget(value("claude.request.max-bytes", Long.class)
                .orElse(Runtime.getRuntime().maxMemory() / 4));
    }

    Origins origins() {
        return new Origins(Set.copyOf(list("claude.cors.allowed-origins")));
    }

    LogFormat logFormat() {
        return choice("claude.log.format", LogFormat.TEXT);
    }

    PublicUrl publicUrl() {
        return new PublicUrl(uri("claude.public-url"));
    }

    Clients clients() {
        var keys = new ArrayList<Clients.Key>();
        clientsKeys().forEach((name, set) -> {
            var caller = new Caller(name, isAdmin(name));
            if (set.contains("key-sha256")) {
                keysOf(clients(name, "key-sha256")).forEach(sha256 -> keys.add(new Clients.Key(sha256, caller)));
            }
        });
        if (!keys.isEmpty() && apiKey().isEmpty() && !isSimulated()) {
            throw new IllegalArgumentException(
                    "claude.api-key must be set where claude.clients are: " + "their keys are not Claude's");
        }
        return new Clients(keys);
    }

    /** Of each client, which of its keys are set. */
    private SortedMap<String, Set<String>> clientsKeys() {
        var keys = new TreeMap<String, Set<String>>();
        for (String name : config.getPropertyNames()) {
            Matcher client = CLIENT.matcher(name);
            Matcher inEnvironment = CLIENT_IN_ENVIRONMENT.matcher(name);
            if (client.matches()) {
                keys.computeIfAbsent(client.group(1), any -> new HashSet<>()).add(client.group(2));
            } else if (inEnvironment.matches()) {
                keys.computeIfAbsent(spelled(inEnvironment.group(1)), any -> new HashSet<>())
                        .add(spelled(inEnvironment.group(2)));
            }
        }
        if (keys.containsKey(Caller.LOCAL.name())) {
            throw new IllegalArgumentException(
                    "claude.clients." + Caller.LOCAL.name() + ": this name is that of the server's own streams");
        }
        return keys;
    }

    static String spelled(String inEnvironment) {
        return inEnvironment.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String clients(String name, String key) {
        return ConfigurationKeys.CLIENTS.key(name, key);
    }

    UsageSettings usage() {
        var limits = new HashMap<String, Limits>();
        clientsKeys()
                .keySet()
                .forEach(name -> limits.put(
                        name,
                        new Limits(
                                limit(clients(name, "requests-per-minute")),
                                limit(clients(name, "max-streams")),
                                limit(clients(name, "tokens-per-minute")),
                                limit(clients(name, "tokens-per-day")))));
        limits.values().removeIf(Limits.NONE::equals);
        return new UsageSettings(limits, duration("claude.usage.retention", Duration.ofDays(400)));
    }

    private OptionalLong limit(String key) {
        return value(key, Long.class)
                .map(limit -> {
                    if (limit < 1) {
                        throw new IllegalArgumentException(key + " must be 1 or more");
                    }
                    return OptionalLong.of(limit);
                })
                .orElse(OptionalLong.empty());
    }

    private boolean isAdmin(String client) {
        String key = clients(client, "role");
        String role = text(key).orElse("client");
        if (!role.equals("client") && !role.equals("admin")) {
            throw new IllegalArgumentException(key + " must be client or admin, not " + role);
        }
        return role.equals("admin");
    }

    private List<byte[]> keysOf(String key) {
        var hashes = new ArrayList<byte[]>();
        for (String hash : text(key).orElse("").split(",")) {
            if (!hash.strip().matches("[0-9a-fA-F]{64}")) {
                throw new IllegalArgumentException(
                        key + " must be SHA-256 hashes of 64 hexadecimal digits, " + "separated by commas");
            }
            hashes.add(HexFormat.of().parseHex(hash.strip().toLowerCase(Locale.ROOT)));
        }
        return hashes;
    }

    private Optional<String> text(String key) {
        return value(key, String.class).filter(value -> !value.isBlank());
    }

    private Optional<URI> uri(String key) {
        return text(key).map(value -> {
            try {
                return URI.create(value.strip().replaceAll("/+$", ""));
            } catch (IllegalArgumentException e) {
                // Without the text, which may have a password in it.
                throw new IllegalArgumentException(key + " must be a URL: "
                        + (e.getCause() instanceof URISyntaxException syntax ? syntax.getReason() : "it is not one"));
            }
        });
    }

    private int number(String key, int otherwise) {
        return value(key, Integer.class).orElse(otherwise);
    }

    private Duration duration(String key, Duration otherwise) {
        return value(key, Duration.class).orElse(otherwise);
    }

    private <E extends Enum<E>> E choice(String key, E otherwise) {
        return text(key)
                .map(value -> {
                    for (E one : otherwise.getDeclaringClass().getEnumConstants()) {
                        if (one.name().equalsIgnoreCase(value)) {
                            return one;
                        }
                    }
                    throw new IllegalArgumentException(key + " must be one of "
                            + List.of(otherwise.getDeclaringClass().getEnumConstants())
                                    .toString()
                                    .toLowerCase(Locale.ROOT)
                            + ", not " + value);
                })
                .orElse(otherwise);
    }

    private <T> Optional<T> value(String key, Class<T> type) {
        try {
            return config.getOptionalValue(key, type);
        } catch (RuntimeException e) {
            // Converters throw what they like; the value itself may be a secret and is not repeated.
            throw new IllegalArgumentException(key + " must be " + description(type), e);
        }
    }

    private static String description(Class<?> type) {
        if (type == Duration.class) {
            return "a duration in ISO 8601, as PT30S";
        }
        if (type == BigDecimal.class) {
            return "an amount";
        }
        return type == Integer.class || type == Long.class ? "a whole number" : "text";
    }
}
