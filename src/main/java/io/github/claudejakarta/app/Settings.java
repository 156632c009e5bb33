package io.github.claudejakarta.app;

import io.github.claudejakarta.batch.BatchSettings;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.conversation.ConversationSettings;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.job.JobSettings;
import io.github.claudejakarta.net.HttpProxy;
import io.github.claudejakarta.net.NoProxy;
import io.github.claudejakarta.observe.LogFormat;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.server.ApplicationServer;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.eclipse.microprofile.config.Config;

/**
 * The settings, read from MicroProfile Config and checked. A value that is not valid causes an
 * {@link IllegalArgumentException} that names its key, and stops the start.
 */
final class Settings {

    private static final Pattern CLIENT =
            Pattern.compile("claude\\.clients\\.(.+)\\.(" + oneOf(ConfigurationKeys.CLIENTS) + ")");
    /**
     * A client's key in the environment, such as {@code CLAUDE_CLIENTS_TELLER_ROLE}. A variable can have neither
     * lower-case letters nor hyphens.
     */
    static final Pattern CLIENT_IN_ENVIRONMENT = Pattern.compile("CLAUDE_CLIENTS_(.+)_("
            + oneOf(ConfigurationKeys.CLIENTS).toUpperCase(Locale.ROOT).replace('-', '_') + ")");

    private static final Pattern PRICE =
            Pattern.compile("claude\\.prices\\.(.+)\\.(" + oneOf(ConfigurationKeys.PRICES) + ")");

    /** The service that answers requests. */
    enum Upstream {
        AUTO,
        ANTHROPIC,
        SIMULATOR
    }

    /** The kind of threads that streams run on. */
    enum Threads {
        PLATFORM,
        VIRTUAL
    }

    private final Config config;
    private final ConfigurationValues values;
    private final boolean isWar;
    private final BooleanSupplier mayBeSimulated;
    /** Null until {@link #isSimulated()} decides it. */
    private Boolean isSimulated;

    private static String oneOf(ConfigurationKeys.Family family) {
        return String.join("|", family.parts());
    }

    /**
     * Creates the settings of a configuration. Each method reads its values when it is called.
     *
     * @param decoder decodes a value that the server's tool has encoded; returns empty if it cannot
     * @param isWar whether this is the WAR; otherwise it is an application that contains the classes jar
     * @param mayBeSimulated whether the simulator may answer if neither a key nor a base URL is configured. It is
     *     called at most once, and only in this case
     */
    Settings(Config config, Function<String, Optional<String>> decoder, boolean isWar, BooleanSupplier mayBeSimulated) {
        this.config = config;
        this.values = new ConfigurationValues(config, decoder);
        this.isWar = isWar;
        this.mayBeSimulated = mayBeSimulated;
    }

    /**
     * Returns whether the simulator answers: it is configured, or the WAR has {@code auto} and neither a key nor a base
     * URL, and never had one. Decides once.
     */
    boolean isSimulated() {
        if (isSimulated == null) {
            isSimulated = switch (upstream()) {
                case SIMULATOR -> true;
                case ANTHROPIC -> false;
                case AUTO -> apiKey().isEmpty() && baseUri().isEmpty() && mayBeSimulated.getAsBoolean();
            };
        }
        return isSimulated;
    }

    private Upstream upstream() {
        return isWar ? values.choice("claude.upstream", Upstream.AUTO) : upstreamOfApplication();
    }

    /** Returns {@code ANTHROPIC} also for {@code auto}: an application with the classes jar relies on the answers. */
    private Upstream upstreamOfApplication() {
        Upstream configured = values.choice("claude.upstream", Upstream.ANTHROPIC);
        return configured == Upstream.AUTO ? Upstream.ANTHROPIC : configured;
    }

    /** Returns a warning if {@code auto} is configured for an application that contains the classes jar. */
    Optional<String> ignoredUpstreamWarning() {
        return !isWar && values.choice("claude.upstream", Upstream.ANTHROPIC) == Upstream.AUTO
                ? Optional.of(
                        "claude.upstream=auto means anthropic in an application that contains the classes jar: the"
                                + " simulator must not answer unnoticed. To use it, set claude.upstream=simulator.")
                : Optional.empty();
    }

    /** Returns whether the server has a key. */
    boolean hasApiKey() {
        return apiKey().isPresent();
    }

    /** Returns whether a base URL is configured. */
    boolean hasBaseUrl() {
        return baseUri().isPresent();
    }

    /** Returns whether the name of the data source is configured. If it is, the data source has to exist. */
    boolean hasDatabaseName() {
        return values.text("claude.database.jndi").isPresent();
    }

    ClientSettings client() {
        var defaults = ClientSettings.DEFAULTS;
        var direct = new ClientSettings(
                baseUri().orElse(defaults.baseUri()),
                apiKey(),
                values.text("claude.version").orElse(defaults.version()),
                values.duration("claude.connect-timeout", defaults.connectTimeout()),
                values.duration("claude.read-timeout", defaults.readTimeout()),
                values.duration("claude.lease-timeout", defaults.leaseTimeout()),
                values.duration("claude.request-timeout", defaults.requestTimeout()),
                values.number("claude.pool.max-connections", defaults.maxConnections()),
                values.number("claude.pool.max-idle", defaults.maxIdle()),
                values.duration("claude.pool.keep-alive", defaults.keepAlive()));
        Optional<HttpProxy> proxy = values.text("claude.proxy").map(url -> HttpProxy.of("claude.proxy", url));
        boolean isDirect = new NoProxy(values.list("claude.no-proxy"))
                .contains(direct.authority().host());
        return isDirect ? direct : direct.withProxy(proxy.or(() -> HttpProxy.ofJava(direct.baseUri())));
    }

    private Optional<String> apiKey() {
        return values.text("claude.api-key").or(() -> values.text("ANTHROPIC_API_KEY"));
    }

    private Optional<URI> baseUri() {
        return values.uri("claude.base-url").or(() -> values.uri("ANTHROPIC_BASE_URL"));
    }

    StreamSettings streams() {
        var defaults = StreamSettings.DEFAULTS;
        return new StreamSettings(
                values.duration("claude.stream.retention", defaults.retention()),
                values.duration("claude.stream.heartbeat", defaults.heartbeat()),
                values.duration("claude.stream.write-timeout", defaults.writeTimeout()),
                values.number("claude.stream.max-bytes", defaults.maxBytes()),
                values.number("claude.stream.max-watchers", defaults.maxWatchers()));
    }

    RecoverySettings recovery() {
        var defaults = RecoverySettings.DEFAULTS;
        return new RecoverySettings(
                values.choice("claude.stream.recovery", defaults.ofStreams()),
                values.text("claude.stream.recovery.prefill-models")
                        .map(Settings::pattern)
                        .orElse(defaults.prefillModels()));
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
        var defaults = BatchSettings.DEFAULTS;
        return new BatchSettings(
                canRunUnattended(),
                values.duration("claude.batch.poll-interval", defaults.pollInterval()),
                values.duration("claude.batch.max-poll-interval", defaults.maxPollInterval()),
                values.number("claude.batch.max-concurrent", defaults.maxConcurrent()),
                values.number("claude.batch.max-part-requests", defaults.maxPartRequests()),
                values.number("claude.batch.max-part-bytes", defaults.maxPartBytes()),
                values.number("claude.batch.resubmit-expired", defaults.resubmitExpired()),
                values.duration("claude.batch.lookup", defaults.lookup()),
                values.duration("claude.batch.retention", defaults.retention()),
                values.number("claude.batch.max-bytes", defaults.maxBytes()));
    }

    /** Returns the JNDI name of the data source. */
    String database() {
        return values.text("claude.database.jndi").orElse(ApplicationServer.DATABASE);
    }

    /** Returns the application that rows and tasks belong to; empty if the application's name on the server decides. */
    Optional<ApplicationName> application() {
        return values.text("claude.application").map(ApplicationName::new);
    }

    /**
     * Returns whether requests can be sent without their caller's key: the server has a key, or the simulator answers.
     */
    private boolean canRunUnattended() {
        return apiKey().isPresent() || isSimulated();
    }

    JobSettings jobs() {
        var defaults = JobSettings.DEFAULTS;
        int connections = values.number("claude.pool.max-connections", ClientSettings.DEFAULTS.maxConnections());
        int concurrent = values.number("claude.job.max-concurrent", JobSettings.concurrent(connections));
        if (concurrent > connections) {
            throw new IllegalArgumentException(
                    "claude.job.max-concurrent must not exceed claude.pool.max-connections: each running job holds a connection");
        }
        return new JobSettings(
                canRunUnattended(),
                concurrent,
                values.number("claude.job.max-attempts", defaults.maxAttempts()),
                values.duration("claude.job.backoff", defaults.backoff()),
                values.duration("claude.job.max-backoff", defaults.maxBackoff()),
                values.duration("claude.job.heartbeat", defaults.heartbeat()),
                values.duration("claude.job.retention", defaults.retention()),
                values.number("claude.job.max-bytes", defaults.maxBytes()),
                values.choice("claude.job.recovery", defaults.recovery()));
    }

    ConversationSettings conversations() {
        var defaults = ConversationSettings.DEFAULTS;
        return new ConversationSettings(
                values.choice("claude.conversation.store", defaults.store()),
                values.number("claude.conversation.max-bytes", defaults.maxBytes()),
                values.number("claude.conversation.max-messages", defaults.maxMessages()),
                values.duration("claude.conversation.retention", defaults.retention()));
    }

    WebhookSettings webhooks() {
        var defaults = WebhookSettings.DEFAULTS;
        return new WebhookSettings(
                new Signer(values.list("claude.webhooks.secret")),
                new AllowedHosts(values.list("claude.webhooks.allowed-hosts")),
                values.duration("claude.webhooks.timeout", defaults.timeout()),
                values.number("claude.webhooks.max-concurrent", defaults.maxConcurrent()),
                values.text("claude.webhooks.proxy").map(url -> HttpProxy.of("claude.webhooks.proxy", url)));
    }

    /** Returns the prices of models, {@code claude.prices.<model>.input} and so on, for a million tokens. */
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
        return new IllegalArgumentException(key + " must be set, because other prices of this model are set");
    }

    private Optional<BigDecimal> amount(String key) {
        return values.value(key, BigDecimal.class).map(amount -> {
            if (amount.signum() < 0) {
                throw new IllegalArgumentException(key + " must not be negative");
            }
            return amount;
        });
    }

    /** Returns the model and {@code max_tokens} for requests that have none. */
    MessageDefaults messageDefaults() {
        return new MessageDefaults(
                values.text("claude.default-model"),
                values.value("claude.default-max-tokens", Integer.class)
                        .map(OptionalInt::of)
                        .orElseGet(OptionalInt::empty));
    }

    Threads threads() {
        return values.choice("claude.stream.threads", Threads.PLATFORM);
    }

    BodySettings bodies() {
        var defaults = BodySettings.DEFAULTS;
        return new BodySettings(
                values.duration("claude.request.body-timeout", defaults.timeout()),
                values.number("claude.request.max-bytes", defaults.maxBytes()));
    }

    /**
     * Returns a warning if the directory of {@code CLAUDE_SERVER_CONFIG} is missing: the server itself starts without
     * it, and logs nothing.
     */
    Optional<String> missingServerConfigurationWarning() {
        return config.getOptionalValue("CLAUDE_SERVER_CONFIG", String.class)
                .filter(directory -> !new File(directory).isDirectory())
                .map(directory -> "CLAUDE_SERVER_CONFIG: the directory " + directory
                        + " does not exist. The server runs without this configuration.");
    }

    Origins origins() {
        return new Origins(Set.copyOf(values.list("claude.cors.allowed-origins")));
    }

    LogFormat logFormat() {
        return values.choice("claude.log.format", LogFormat.TEXT);
    }

    PublicUrl publicUrl() {
        return new PublicUrl(values.uri("claude.public-url"));
    }

    Clients clients() {
        var keys = new ArrayList<Clients.Key>();
        partsByClient().forEach((name, parts) -> {
            var caller = new Caller(name, isAdmin(name));
            if (parts.contains("key-sha256")) {
                keyHashes(clientKey(name, "key-sha256")).forEach(sha256 -> keys.add(new Clients.Key(sha256, caller)));
            }
        });
        if (!keys.isEmpty() && !canRunUnattended()) {
            throw new IllegalArgumentException(
                    "claude.api-key must be set, because claude.clients are configured: a client's key is not a key for"
                            + " Claude");
        }
        return new Clients(keys);
    }

    /** Returns the names of clients, and for each client the parts of its keys that are set. */
    private SortedMap<String, Set<String>> partsByClient() {
        var keys = new TreeMap<String, Set<String>>();
        for (String name : config.getPropertyNames()) {
            Matcher client = CLIENT.matcher(name);
            Matcher inEnvironment = CLIENT_IN_ENVIRONMENT.matcher(name);
            if (client.matches()) {
                keys.computeIfAbsent(client.group(1), any -> new HashSet<>()).add(client.group(2));
            } else if (inEnvironment.matches()) {
                keys.computeIfAbsent(fromEnvironment(inEnvironment.group(1)), any -> new HashSet<>())
                        .add(fromEnvironment(inEnvironment.group(2)));
            }
        }
        if (keys.containsKey(Caller.LOCAL.name())) {
            throw new IllegalArgumentException("claude.clients." + Caller.LOCAL.name()
                    + ": this name is reserved for the server's own streams. Choose another name.");
        }
        return keys;
    }

    /** Returns part of a key, spelled as in a property, for part of an environment variable. */
    static String fromEnvironment(String part) {
        return part.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String clientKey(String name, String part) {
        return ConfigurationKeys.CLIENTS.key(name, part);
    }

    UsageSettings usage() {
        var limits = new HashMap<String, Limits>();
        partsByClient()
                .keySet()
                .forEach(name -> limits.put(
                        name,
                        new Limits(
                                limit(clientKey(name, "requests-per-minute")),
                                limit(clientKey(name, "max-streams")),
                                limit(clientKey(name, "tokens-per-minute")),
                                limit(clientKey(name, "tokens-per-day")))));
        limits.values().removeIf(Limits.NONE::equals);
        return new UsageSettings(limits, values.duration("claude.usage.retention", UsageSettings.DEFAULTS.retention()));
    }

    private OptionalLong limit(String key) {
        return values.value(key, Long.class)
                .map(limit -> {
                    if (limit < 1) {
                        throw new IllegalArgumentException(key + " must be 1 or more");
                    }
                    return OptionalLong.of(limit);
                })
                .orElse(OptionalLong.empty());
    }

    private boolean isAdmin(String client) {
        String key = clientKey(client, "role");
        String role = values.text(key).orElse("client");
        if (!role.equals("client") && !role.equals("admin")) {
            throw new IllegalArgumentException(key + " must be client or admin, not " + role);
        }
        return role.equals("admin");
    }

    private List<byte[]> keyHashes(String key) {
        var hashes = new ArrayList<byte[]>();
        for (String hash : values.text(key).orElse("").split(",")) {
            if (!hash.strip().matches("[0-9a-fA-F]{64}")) {
                throw new IllegalArgumentException(
                        key + " must be one or more SHA-256 hashes of 64 hexadecimal digits, separated by commas");
            }
            hashes.add(HexFormat.of().parseHex(hash.strip().toLowerCase(Locale.ROOT)));
        }
        return hashes;
    }
}
