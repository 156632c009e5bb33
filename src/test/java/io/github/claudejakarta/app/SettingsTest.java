package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.net.HttpProxy;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.usage.Limits;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.webhook.Webhooks;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static final String HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"; // of "test"
    private static final String SECRET = "whsec_b25lLXNlY3JldC1vZi10aGUtdGVzdHMtb25seQ==";
    private static final String OTHER_SECRET = "whsec_b3RoZXItc2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5";
    private static final Tokens EACH = new Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000, 1_000_000);

    @Test
    void defaultsApplyWithoutConfiguration() {
        var client = settings(Map.of()).client();

        assertThat(client.baseUri()).hasToString("https://api.anthropic.com");
        assertThat(client.apiKey()).isEmpty();
        assertThat(client.version()).isEqualTo("2023-06-01");
        assertThat(client.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(client.readTimeout()).isEqualTo(Duration.ofSeconds(120));
        assertThat(client.leaseTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(client.requestTimeout()).isEqualTo(Duration.ofMinutes(10));
        assertThat(client.maxConnections()).isEqualTo(100);
        assertThat(client.maxIdle()).isEqualTo(20);
        assertThat(client.keepAlive()).isEqualTo(Duration.ofSeconds(30));
        var streams = settings(Map.of()).streams();
        assertThat(streams.retention()).isEqualTo(Duration.ofMinutes(10));
        assertThat(streams.heartbeat()).isEqualTo(Duration.ofSeconds(10));
        assertThat(streams.writeTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(streams.maxBytes()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
        assertThat(streams.maxWatchers()).isEqualTo(10_000);
        var jobs = settings(Map.of()).jobs();
        assertThat(jobs.maxConcurrent()).isEqualTo(20);
        assertThat(jobs.maxAttempts()).isEqualTo(8);
        assertThat(jobs.backoff()).isEqualTo(Duration.ofSeconds(10));
        assertThat(jobs.maxBackoff()).isEqualTo(Duration.ofMinutes(10));
        assertThat(jobs.heartbeat()).isEqualTo(Duration.ofSeconds(5));
        assertThat(jobs.retention()).isEqualTo(Duration.ofDays(7));
        assertThat(jobs.maxBytes()).isEqualTo(20_000_000_000L);
        var batches = settings(Map.of()).batches();
        assertThat(batches.pollInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(batches.maxPollInterval()).isEqualTo(Duration.ofSeconds(60));
        assertThat(batches.maxConcurrent()).isEqualTo(10);
        assertThat(batches.maxPartRequests()).isEqualTo(100_000);
        assertThat(batches.maxPartBytes()).isEqualTo(256_000_000);
        assertThat(batches.resubmitExpired()).isZero();
        assertThat(batches.lookup()).isEqualTo(Duration.ofSeconds(60));
        assertThat(batches.retention()).isEqualTo(Duration.ofDays(30));
        assertThat(batches.maxBytes()).isEqualTo(20_000_000_000L);
        var webhooks = settings(Map.of()).webhooks();
        assertThat(webhooks.timeout()).isEqualTo(Duration.ofSeconds(15));
        assertThat(webhooks.maxConcurrent()).isEqualTo(20);
        assertThat(jobs.recovery()).isEqualTo(RecoveryMode.CONTINUE);
        var recovery = settings(Map.of()).recovery();
        assertThat(recovery.ofStreams()).isEqualTo(RecoveryMode.OFF);
        assertThat(recovery.prefillModels()).isSameAs(RecoverySettings.UP_TO_4_5);
        assertThat(settings(Map.of()).threads()).isEqualTo(Settings.Threads.PLATFORM);
        assertThat(settings(Map.of()).publicUrl().configured()).isEmpty();
        assertThat(settings(Map.of()).clients().areConfigured()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "claude.base-url,http://x:1,http://x:1",
        "claude.base-url,http://x/y/,http://x/y",
        "ANTHROPIC_BASE_URL,http://x,http://x",
        "claude.api-key,sk,Optional[sk]",
        "ANTHROPIC_API_KEY,sk,Optional[sk]",
        "claude.api-key,'',Optional.empty",
        "claude.version,2026-10-21,2026-10-21",
        "claude.connect-timeout,PT1S,PT1S",
        "claude.read-timeout,PT2S,PT2S",
        "claude.lease-timeout,PT3S,PT3S",
        "claude.request-timeout,PT4S,PT4S",
        "claude.pool.max-connections,7,7",
        "claude.pool.max-idle,0,0",
        "claude.pool.keep-alive,PT5S,PT5S",
        "claude.stream.retention,PT0S,PT0S",
        "claude.stream.heartbeat,PT6S,PT6S",
        "claude.stream.write-timeout,PT7S,PT7S",
        "claude.stream.max-bytes,5000000000,5000000000",
        "claude.job.max-concurrent,3,3",
        "claude.job.max-attempts,2,2",
        "claude.job.backoff,PT1S,PT1S",
        "claude.job.max-backoff,PT1H,PT1H",
        "claude.job.heartbeat,PT2S,PT2S",
        "claude.job.retention,P1D,PT24H",
        "claude.job.max-bytes,50000000000,50000000000",
        "claude.batch.poll-interval,PT1S,PT1S",
        "claude.batch.max-poll-interval,PT5M,PT5M",
        "claude.batch.max-concurrent,3,3",
        "claude.batch.max-part-requests,7,7",
        "claude.batch.max-part-bytes,1000,1000",
        "claude.batch.resubmit-expired,2,2",
        "claude.batch.lookup,PT9S,PT9S",
        "claude.batch.retention,P1D,PT24H",
        "claude.batch.max-bytes,50000000000,50000000000",
        "claude.stream.recovery,continue,continue",
        "claude.stream.recovery.prefill-models,claude-4.*,claude-4.*",
        "claude.job.recovery,off,off",
        "claude.webhooks.timeout,PT5S,PT5S",
        "claude.webhooks.max-concurrent,1,1",
        "claude.stream.max-watchers,3,3",
        "claude.stream.threads,virtual,VIRTUAL",
        "claude.public-url,https://x/,https://x"
    })
    void eachKeyIsRead(String key, String value, String expected) {
        assertThat(read(key, settings(Map.of(key, value)))).isEqualTo(expected);
    }

    private static String read(String key, Settings settings) {
        Object value = switch (key) {
            case "claude.base-url", "ANTHROPIC_BASE_URL" -> settings.client().baseUri();
            case "claude.api-key", "ANTHROPIC_API_KEY" -> settings.client().apiKey();
            case "claude.stream.recovery" -> settings.recovery().ofStreams();
            case "claude.stream.recovery.prefill-models" -> settings.recovery().prefillModels();
            case "claude.job.recovery" -> settings.jobs().recovery();
            case "claude.version" -> settings.client().version();
            case "claude.connect-timeout" -> settings.client().connectTimeout();
            case "claude.read-timeout" -> settings.client().readTimeout();
            case "claude.lease-timeout" -> settings.client().leaseTimeout();
            case "claude.request-timeout" -> settings.client().requestTimeout();
            case "claude.pool.max-connections" -> settings.client().maxConnections();
            case "claude.pool.max-idle" -> settings.client().maxIdle();
            case "claude.pool.keep-alive" -> settings.client().keepAlive();
            case "claude.stream.retention" -> settings.streams().retention();
            case "claude.stream.heartbeat" -> settings.streams().heartbeat();
            case "claude.stream.write-timeout" -> settings.streams().writeTimeout();
            case "claude.stream.max-bytes" -> settings.streams().maxBytes();
            case "claude.stream.max-watchers" -> settings.streams().maxWatchers();
            case "claude.job.max-concurrent" -> settings.jobs().maxConcurrent();
            case "claude.job.max-attempts" -> settings.jobs().maxAttempts();
            case "claude.job.backoff" -> settings.jobs().backoff();
            case "claude.job.max-backoff" -> settings.jobs().maxBackoff();
            case "claude.job.heartbeat" -> settings.jobs().heartbeat();
            case "claude.job.retention" -> settings.jobs().retention();
            case "claude.job.max-bytes" -> settings.jobs().maxBytes();
            case "claude.batch.poll-interval" -> settings.batches().pollInterval();
            case "claude.batch.max-poll-interval" -> settings.batches().maxPollInterval();
            case "claude.batch.max-concurrent" -> settings.batches().maxConcurrent();
            case "claude.batch.max-part-requests" -> settings.batches().maxPartRequests();
            case "claude.batch.max-part-bytes" -> settings.batches().maxPartBytes();
            case "claude.batch.resubmit-expired" -> settings.batches().resubmitExpired();
            case "claude.batch.lookup" -> settings.batches().lookup();
            case "claude.batch.retention" -> settings.batches().retention();
            case "claude.batch.max-bytes" -> settings.batches().maxBytes();
            case "claude.webhooks.timeout" -> settings.webhooks().timeout();
            case "claude.webhooks.max-concurrent" -> settings.webhooks().maxConcurrent();
            case "claude.stream.threads" -> settings.threads();
            default -> settings.publicUrl().configured().orElseThrow();
        };
        return value.toString();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,api.bank.example,proxy.bank:3128",
                "-,localhost,proxy.bank:3128",
                "localhost,localhost,-",
                "'x, *.bank.example',api.bank.example,-",
                "*,api.bank.example,-",
                "127.0.0.0/8,127.0.0.1,-"
            })
    void theProxyIsUsedForHostsThatAreNotExcluded(String without, String host, String proxy) {
        var values = new HashMap<>(
                Map.of("claude.proxy", "http://user:p%40ss@proxy.bank:3128", "claude.base-url", "https://" + host));
        if (without != null) {
            values.put("claude.no-proxy", without);
        }

        var client = settings(values).client();

        assertThat(client.proxy().map(HttpProxy::address)).isEqualTo(Optional.ofNullable(proxy));
        assertThat(client.toString()).doesNotContain("p@ss", "p%40ss", "user");
        assertThat(client.withSimulator(URI.create("http://127.0.0.1:1")).proxy())
                .as("the simulator is on this machine")
                .isEmpty();
    }

    @Test
    void claudeProxyOverridesJavasProxy() {
        System.setProperty("https.proxyHost", "java.bank");
        try {
            assertThat(settings(Map.of()).client().proxy().map(HttpProxy::address))
                    .contains("java.bank:443");
            assertThat(settings(Map.of("claude.proxy", "http://ours.bank:1"))
                            .client()
                            .proxy()
                            .map(HttpProxy::address))
                    .contains("ours.bank:1");
            assertThat(settings(Map.of("claude.no-proxy", ".anthropic.com"))
                            .client()
                            .proxy())
                    .isEmpty();
            assertThat(settings(Map.of()).webhooks().proxy())
                    .as("callbacks use claude.webhooks.proxy")
                    .isEmpty();
        } finally {
            System.clearProperty("https.proxyHost");
        }
    }

    @Test
    void claudeKeysOverrideAnthropicsVariables() {
        var client = settings(Map.of(
                        "claude.api-key",
                        "ours",
                        "ANTHROPIC_API_KEY",
                        "theirs",
                        "claude.base-url",
                        "http://ours",
                        "ANTHROPIC_BASE_URL",
                        "http://theirs"))
                .client();

        assertThat(client.apiKey()).contains("ours");
        assertThat(client.baseUri()).hasToString("http://ours");
    }

    @ParameterizedTest
    @CsvSource({
        "claude.job.max-concurrent,0",
        "claude.job.max-concurrent,all",
        "claude.job.max-concurrent,101",
        "claude.job.max-attempts,0",
        "claude.job.max-attempts,x",
        "claude.job.backoff,PT0S",
        "claude.job.backoff,10",
        "claude.job.backoff,PT11M",
        "claude.job.max-backoff,PT9S",
        "claude.job.heartbeat,PT0S",
        "claude.job.heartbeat,5s",
        "claude.job.retention,PT0S",
        "claude.job.retention,7",
        "claude.job.max-bytes,0",
        "claude.job.max-bytes,20GB",
        "claude.connect-timeout,10s",
        "claude.read-timeout,x",
        "claude.lease-timeout,-PT1S",
        "claude.request-timeout,PT0S",
        "claude.pool.max-connections,many",
        "claude.pool.max-connections,0",
        "claude.pool.max-idle,-1",
        "claude.pool.keep-alive,PT0S",
        "claude.base-url,not a url",
        "claude.base-url,ftp://x",
        "claude.stream.retention,x",
        "claude.stream.retention,-PT1S",
        "claude.stream.heartbeat,PT0S",
        "claude.stream.write-timeout,x",
        "claude.stream.max-bytes,1GB",
        "claude.stream.max-bytes,0",
        "claude.stream.max-watchers,0",
        "claude.stream.threads,green",
        "claude.stream.recovery,maybe",
        "claude.stream.recovery.prefill-models,(",
        "claude.job.recovery,1",
        "claude.upstream,openai",
        "claude.public-url,not a url",
        "claude.public-url,claude.example.org",
        "claude.batch.poll-interval,5s",
        "claude.batch.poll-interval,PT0S",
        "claude.batch.poll-interval,PT2M",
        "claude.batch.max-poll-interval,PT1S",
        "claude.batch.max-poll-interval,x",
        "claude.batch.max-concurrent,0",
        "claude.batch.max-concurrent,all",
        "claude.batch.max-part-requests,0",
        "claude.batch.max-part-requests,100001",
        "claude.batch.max-part-bytes,256MB",
        "claude.batch.max-part-bytes,999",
        "claude.batch.max-part-bytes,256000001",
        "claude.batch.resubmit-expired,-1",
        "claude.batch.resubmit-expired,101",
        "claude.batch.lookup,-PT1S",
        "claude.batch.retention,30",
        "claude.batch.retention,PT0S",
        "claude.batch.max-bytes,0",
        "claude.batch.max-bytes,much",
        "claude.webhooks.timeout,15s",
        "claude.webhooks.timeout,PT0S",
        "claude.webhooks.timeout,-PT1S",
        "claude.webhooks.max-concurrent,0",
        "claude.webhooks.max-concurrent,all",
        "claude.webhooks.secret,secret",
        "claude.webhooks.secret,whsec_c2hvcnQ=",
        "claude.webhooks.allowed-hosts,localhost:8080",
        "claude.webhooks.allowed-hosts,http://localhost",
        "claude.proxy,proxy.bank:3128",
        "claude.proxy,socks5://proxy.bank",
        "claude.no-proxy,http://localhost",
        "claude.webhooks.proxy,proxy.bank"
    })
    void anInvalidValueNamesItsKey(String key, String value) {
        assertThatThrownBy(() -> all(settings(Map.of(key, value))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,-,-,true",
                "-,sk,-,true",
                "-,-,http://x,false",
                "-,sk,http://x,true",
                "anthropic,-,-,false",
                "simulator,-,http://x,true"
            })
    void batchesAndJobsNeedAServerKeyOrTheSimulator(String upstream, String key, String url, boolean expected) {
        var values = new HashMap<String, String>();
        values.put("claude.upstream", upstream);
        values.put("claude.api-key", key);
        values.put("claude.base-url", url);
        values.values().removeIf(java.util.Objects::isNull);

        assertThat(settings(values).batches().canRunUnattended()).isEqualTo(expected);
        assertThat(settings(values).jobs().canRunUnattended()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"100,20", "1000,200", "9,1", "5,1", "4,1", "1,1"})
    void jobsUseAFifthOfTheConnectionsByDefault(String connections, int jobs) {
        assertThat(settings(Map.of("claude.pool.max-connections", connections))
                        .jobs()
                        .maxConcurrent())
                .isEqualTo(jobs);
    }

    @Test
    void jobsCanUseAtMostAllConnections() {
        assertThat(settings(Map.of("claude.pool.max-connections", "7", "claude.job.max-concurrent", "7"))
                        .jobs()
                        .maxConcurrent())
                .isEqualTo(7);
        assertThatThrownBy(() -> settings(Map.of("claude.pool.max-connections", "7", "claude.job.max-concurrent", "8"))
                        .jobs())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.job.max-concurrent")
                .hasMessageContaining("claude.pool.max-connections");
    }

    @Test
    void withoutPricesThereIsNoCost() {
        assertThat(settings(Map.of()).prices().ofBatch("m", EACH)).isEmpty();
    }

    @Test
    void readsDefaultsOfRequests() {
        assertThat(settings(Map.of()).messageDefaults()).isEqualTo(MessageDefaults.NONE);
        assertThat(settings(Map.of("claude.default-model", "claude-opus-5-5", "claude.default-max-tokens", "4096"))
                        .messageDefaults())
                .isEqualTo(new MessageDefaults(Optional.of("claude-opus-5-5"), OptionalInt.of(4096)));
    }

    @ParameterizedTest
    @CsvSource({"claude.default-max-tokens,0", "claude.default-max-tokens,many"})
    void rejectsInvalidDefaultsOfRequests(String key, String value) {
        assertThatThrownBy(() -> settings(Map.of(key, value)).messageDefaults())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key);
    }

    @Test
    void aModelHasPricesForAMillionTokens() {
        var prices = settings(Map.of(
                        "claude.prices.claude-haiku-4-5.input",
                        "1",
                        "claude.prices.claude-haiku-4-5.output",
                        "5",
                        "claude.prices.gpt-5.1.input",
                        "2",
                        "claude.prices.gpt-5.1.output",
                        "4"))
                .prices();

        assertThat(prices.ofBatch("claude-haiku-4-5-20251001", EACH).orElseThrow())
                .isEqualByComparingTo("4.675");
        assertThat(prices.ofBatch("gpt-5.1", EACH).orElseThrow()).isEqualByComparingTo("6.35");
        assertThat(prices.ofBatch("claude-opus-4-8", EACH)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "cache-write,10,9.05",
        "cache-write-1h,10,8.675",
        "cache-read,10,9.625",
        "cache-read,0,4.625",
        "input,0,4.5",
        "output,0,2.175"
    })
    void pricesOfTheCacheCanBeSet(String what, String amount, String cost) {
        var values = new HashMap<>(Map.of("claude.prices.m.input", "1", "claude.prices.m.output", "5"));
        values.put("claude.prices.m." + what, amount);
        if (what.equals("input")) {
            values.putAll(Map.of(
                    "claude.prices.m.cache-write",
                    "1",
                    "claude.prices.m.cache-write-1h",
                    "1",
                    "claude.prices.m.cache-read",
                    "2"));
        }

        assertThat(settings(values).prices().ofBatch("m", EACH).orElseThrow()).isEqualByComparingTo(cost);
    }

    @ParameterizedTest
    @CsvSource({
        "input,-1",
        "input,cheap",
        "output,-0.01",
        "output,'1,5'",
        "cache-write,-1",
        "cache-write-1h,x",
        "cache-read,-1"
    })
    void anInvalidPriceNamesItsKey(String what, String amount) {
        var values = new HashMap<>(Map.of("claude.prices.m.input", "1", "claude.prices.m.output", "5"));
        values.put("claude.prices.m." + what, amount);

        assertThatThrownBy(() -> settings(values).prices())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.prices.m." + what);
    }

    @ParameterizedTest
    @CsvSource({"input,output", "output,input", "cache-read,input", "cache-write-1h,input"})
    void anIncompletePriceNamesTheMissingKey(String what, String missing) {
        assertThatThrownBy(
                        () -> settings(Map.of("claude.prices.m." + what, "1")).prices())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.prices.m." + missing + " must be set");
    }

    @Test
    void validSettingsPass() {
        assertThatCode(() -> all(settings(Map.of("claude.api-key", "sk")))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,-,-,true",
                "auto,-,-,true",
                "-,sk,-,false",
                "-,-,http://x,false",
                "auto,sk,http://x,false",
                "anthropic,-,-,false",
                "simulator,sk,http://x,true",
                "SIMULATOR,-,-,true"
            })
    void theSimulatorAnswersWithoutKeyAndBaseUrl(String upstream, String key, String url, boolean expected) {
        var values = new HashMap<String, String>();
        values.put("claude.upstream", upstream);
        values.put("claude.api-key", key);
        values.put("claude.base-url", url);
        values.values().removeIf(java.util.Objects::isNull);

        assertThat(settings(values).isSimulated()).isEqualTo(expected);
    }

    /** An application relies on the answers: it has to configure the simulator explicitly. */
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,false,false", "auto,false,true", "anthropic,false,false", "simulator,true,false"})
    void inAnApplicationThatContainsTheClassesJarAutoIsAnthropic(
            String upstream, boolean isSimulated, boolean isWarned) {
        Map<String, String> values = upstream == null ? Map.of() : Map.of("claude.upstream", upstream);
        var settings = new Settings(config(values, key -> {}), SettingsTest::decode, false, () -> true);

        assertThat(settings.isSimulated()).isEqualTo(isSimulated);
        assertThat(settings.ignoredUpstreamWarning().isPresent()).isEqualTo(isWarned);
        assertThat(settings.jobs().canRunUnattended()).isEqualTo(isSimulated);
    }

    /** The database records that the server had a key. */
    @Test
    void theSimulatorDoesNotAnswerOnAServerThatHadAKey() {
        var calls = new AtomicInteger();
        BooleanSupplier mayBe = () -> calls.incrementAndGet() < 0;
        var settings = new Settings(config(Map.of(), key -> {}), SettingsTest::decode, true, mayBe);

        assertThat(settings.isSimulated()).isFalse();
        assertThat(settings.jobs().canRunUnattended()).isFalse();
        assertThat(settings.batches().canRunUnattended()).isFalse();
        assertThat(calls).hasValue(1);
        Map<String, String> explicit = Map.of("claude.upstream", "simulator");
        assertThat(new Settings(config(explicit, key -> {}), SettingsTest::decode, true, mayBe).isSimulated())
                .isTrue();
        assertThat(calls).hasValue(1);
    }

    @Test
    void clientsHaveANameARoleAndKeys() throws Exception {
        String second = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest("second".getBytes(StandardCharsets.UTF_8)));
        var clients = settings(Map.of(
                        "claude.api-key",
                        "sk",
                        "claude.clients.alice.key-sha256",
                        HASH.toUpperCase(Locale.ROOT) + " , " + second,
                        "claude.clients.root.key-sha256",
                        HexFormat.of()
                                .formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[] {'r'})),
                        "claude.clients.root.role",
                        "admin"))
                .clients();

        assertThat(clients.callerWith("test")).contains(new Caller("alice", false));
        assertThat(clients.callerWith("second")).contains(new Caller("alice", false));
        assertThat(clients.callerWith("r")).contains(new Caller("root", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "sk-plain-key", HASH + "," + "x", HASH + "0"})
    void anInvalidHashIsReportedByKeyWithoutItsValue(String hash) {
        assertThatThrownBy(() -> settings(Map.of("claude.api-key", "sk", "claude.clients.a.key-sha256", hash))
                        .clients())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.clients.a.key-sha256")
                .message()
                .doesNotContain("sk-plain-key");
    }

    @Test
    void aRoleIsClientOrAdmin() {
        assertThatThrownBy(() -> settings(Map.of(
                                "claude.api-key",
                                "sk",
                                "claude.clients.a.key-sha256",
                                HASH,
                                "claude.clients.a.role",
                                "king"))
                        .clients())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.clients.a.role");
    }

    @Test
    void clientsNeedAServerKey() {
        assertThatThrownBy(() -> settings(Map.of("claude.base-url", "http://x", "claude.clients.a.key-sha256", HASH))
                        .clients())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.api-key");
    }

    @Test
    void clientsOfTheSimulatorNeedNoServerKey() {
        assertThat(settings(Map.of("claude.clients.a.key-sha256", HASH))
                        .clients()
                        .areConfigured())
                .isTrue();
    }

    @Test
    void clientsCanBeConfiguredInTheEnvironment() {
        // As the environment names the keys, and as the settings read them.
        var settings = settings(Map.of(
                "claude.api-key",
                "sk",
                "CLAUDE_CLIENTS_NIGHT_RUN_KEY_SHA256",
                HASH,
                "claude.clients.night-run.key-sha256",
                HASH,
                "CLAUDE_CLIENTS_NIGHT_RUN_ROLE",
                "admin",
                "claude.clients.night-run.role",
                "admin"));

        assertThat(settings.clients().callerWith("test")).contains(new Caller("night-run", true));
    }

    @Test
    void theNameLocalIsReserved() {
        assertThatThrownBy(() -> settings(Map.of("claude.api-key", "sk", "claude.clients.local.tokens-per-day", "1"))
                        .usage())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.clients.local");
    }

    @Test
    void eachClientHasItsOwnLimits() {
        var usage = settings(Map.of(
                        "claude.api-key",
                        "sk",
                        "claude.clients.a.key-sha256",
                        HASH,
                        "claude.clients.b.requests-per-minute",
                        "10",
                        "claude.clients.b.max-streams",
                        "2",
                        "claude.clients.c.tokens-per-minute",
                        "3000",
                        "claude.clients.c.tokens-per-day",
                        "40000"))
                .usage();

        assertThat(usage.retention()).isEqualTo(Duration.ofDays(400));
        assertThat(usage.limits())
                .containsOnly(
                        Map.entry(
                                "b",
                                new Limits(
                                        OptionalLong.of(10),
                                        OptionalLong.of(2),
                                        OptionalLong.empty(),
                                        OptionalLong.empty())),
                        Map.entry(
                                "c",
                                new Limits(
                                        OptionalLong.empty(),
                                        OptionalLong.empty(),
                                        OptionalLong.of(3000),
                                        OptionalLong.of(40000))));
    }

    @ParameterizedTest
    @CsvSource({"requests-per-minute,0", "max-streams,-1", "tokens-per-minute,many", "tokens-per-day,1.5"})
    void aLimitIsAWholeNumber(String key, String value) {
        assertThatThrownBy(
                        () -> settings(Map.of("claude.clients.a." + key, value)).usage())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.clients.a." + key);
    }

    @Test
    void usageIsStoredForAtLeastOneDay() {
        assertThatThrownBy(() ->
                        settings(Map.of("claude.usage.retention", "PT23H")).usage())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.usage.retention");
    }

    @Test
    void severalSecretsCanBeSet() {
        assertThat(requireUrl("https://127.0.0.1/", SECRET + " ,, " + OTHER_SECRET + ",", null))
                .contains("not on the public Internet");
        assertThatThrownBy(() -> settings(
                                Map.of("claude.webhooks.secret", SECRET + "," + OTHER_SECRET.substring(0, 20)))
                        .webhooks())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.webhooks.secret must be")
                .message()
                .doesNotContain(SECRET, OTHER_SECRET.substring(0, 20));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", " , ,"})
    void callbacksNeedASecret(String secret) {
        assertThat(requireUrl("https://127.0.0.1/", secret, null)).contains("claude.webhooks.secret");
    }

    @Test
    void severalHostsOfCallbacksCanBeAllowed() {
        assertThat(requireUrl("http://127.0.0.1/", SECRET, " erp.example.com , 127.0.0.1"))
                .isEmpty();
        assertThat(requireUrl("http://[::1]/", SECRET, "*.example.com,[::1]")).isEmpty();
        assertThat(requireUrl("http://127.0.0.1/", SECRET, "127.0.0.2,,")).contains("need https");
    }

    /** A key that is read and not listed would cause a warning. A key that is listed and not read has no effect. */
    @Test
    void theListedKeysAreTheKeysThatAreRead() {
        var read = new TreeSet<String>();
        var values = new HashMap<>(Map.of(
                "claude.api-key",
                "sk",
                "claude.clients.a.key-sha256",
                HASH,
                "claude.prices.m.input",
                "1",
                "claude.prices.m.output",
                "2"));
        var settings = new Settings(config(values, read::add), encoded -> Optional.empty(), true, () -> true);

        all(settings);

        var listed = new TreeSet<>(ConfigurationKeys.SINGLE);
        ConfigurationKeys.CLIENTS.parts().forEach(part -> listed.add("claude.clients.a." + part));
        ConfigurationKeys.PRICES.parts().forEach(part -> listed.add("claude.prices.m." + part));
        read.removeIf(key -> !key.startsWith("claude."));
        assertThat(read).isEqualTo(listed);
    }

    @Test
    void theDatabaseAndTheApplicationHaveNames() {
        assertThat(settings(Map.of()).database()).isEqualTo("jdbc/claude");
        assertThat(settings(Map.of()).application()).isEmpty();
        var named = settings(Map.of("claude.database.jndi", "jdbc/bank", "claude.application", "payroll"));
        assertThat(named.database()).isEqualTo("jdbc/bank");
        assertThat(named.application()).contains(new ApplicationName("payroll"));
        assertThatThrownBy(
                        () -> settings(Map.of("claude.application", "pay roll")).application())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("claude.application");
    }

    /** Calls all methods that return a setting, including methods that are added later. */
    private static void all(Settings settings) {
        for (Method method : Settings.class.getDeclaredMethods()) {
            if (method.getParameterCount() == 0
                    && !Modifier.isStatic(method.getModifiers())
                    && !Modifier.isPrivate(method.getModifiers())) {
                try {
                    method.invoke(settings);
                } catch (InvocationTargetException e) {
                    throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
                } catch (IllegalAccessException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    /** The variables in the server's configuration files are known keys. */
    @Test
    void variablesOfTheServerAreKnownKeys() throws IOException {
        var used = new TreeSet<String>();
        for (String file : List.of("server.xml", "liberty/postgresql.xml")) {
            Matcher variables = Pattern.compile("name=\"(claude\\.[^\"]+)\"|\\$\\{(claude\\.[^}]+)}")
                    .matcher(Files.readString(Path.of(file)));
            while (variables.find()) {
                used.add(variables.group(1) == null ? variables.group(2) : variables.group(1));
            }
        }

        assertThat(used).isNotEmpty().isSubsetOf(ConfigurationKeys.single());
    }

    /** Returns the error of the URL; empty if the URL is valid. */
    private static String requireUrl(String url, String secret, String allowedHosts) {
        var values = new HashMap<>(Map.of("claude.webhooks.secret", secret));
        if (allowedHosts != null) {
            values.put("claude.webhooks.allowed-hosts", allowedHosts);
        }
        var webhooks = new Webhooks(
                settings(values).webhooks(),
                Impatient.database(() -> null),
                new Watchdog(System::nanoTime),
                Clock.systemUTC());
        try {
            webhooks.requireUrl(url);
            return "";
        } catch (ClaudeException e) {
            return e.errorMessage();
        }
    }

    @Test
    void aMissingServerConfigurationCausesAWarning(@TempDir Path directory) {
        Path missing = directory.resolve("none");

        assertThat(settings(Map.of("CLAUDE_SERVER_CONFIG", missing.toString()))
                        .missingServerConfigurationWarning()
                        .orElseThrow())
                .contains("CLAUDE_SERVER_CONFIG", missing.toString());
        assertThat(settings(Map.of("CLAUDE_SERVER_CONFIG", directory.toString()))
                        .missingServerConfigurationWarning())
                .isEmpty();
        assertThat(settings(Map.of()).missingServerConfigurationWarning()).isEmpty();
    }

    /** Tests each kind of value: a text, a list of encoded elements, a list that is encoded as a whole, a URL. */
    @Test
    void encodedValuesAreDecoded() {
        var settings = settings(Map.of(
                "claude.api-key", "{rot}terces",
                "claude.base-url", "{rot}elpmaxe.edualc//:sptth",
                "claude.cors.allowed-origins", "{rot}b//:sptth, {rot}d//:sptth+c//:sptth"));

        assertThat(settings.client().apiKey()).contains("secret");
        assertThat(settings.client().baseUri()).hasToString("https://claude.example");
        for (String origin : List.of("https://b", "https://c", "https://d")) {
            assertThat(settings.origins().allow(origin)).as(origin).isTrue();
        }
        assertThat(settings(Map.of("ANTHROPIC_API_KEY", "{rot}terces")).client().apiKey())
                .contains("secret");
    }

    /** Otherwise the encoded text would be sent to Claude as the key. */
    @Test
    void aValueThatCannotBeDecodedStopsTheStart() {
        assertThatThrownBy(() ->
                        settings(Map.of("claude.api-key", "{aes}ARRlY3JldA==")).client())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.api-key is encoded ({aes}), and this server cannot decode it.")
                .hasMessageNotContaining("ARRlY3JldA");
    }

    /** Decodes like a server that has one algorithm. */
    private static Optional<String> decode(String encoded) {
        return encoded.startsWith("{rot}")
                ? Optional.of(new StringBuilder(encoded.substring("{rot}".length()))
                        .reverse()
                        .toString()
                        .replace('+', ','))
                : Optional.empty();
    }

    private static Settings settings(Map<String, String> values) {
        return new Settings(config(values, key -> {}), SettingsTest::decode, true, () -> true);
    }

    /**
     * Returns a configuration with these values.
     *
     * @param read receives each key that is read
     */
    static Config config(Map<String, String> values, Consumer<String> read) {
        Map<Class<?>, Function<String, Object>> converters = Map.of(
                String.class,
                value -> value,
                Integer.class,
                Integer::valueOf,
                Long.class,
                Long::valueOf,
                Duration.class,
                Duration::parse,
                BigDecimal.class,
                BigDecimal::new);
        return (Config) Proxy.newProxyInstance(
                SettingsTest.class.getClassLoader(),
                new Class<?>[] {Config.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getOptionalValue" -> {
                        read.accept((String) arguments[0]);
                        yield Optional.ofNullable(values.get((String) arguments[0]))
                                .filter(value -> !value.isEmpty())
                                .map(converters.get((Class<?>) arguments[1]));
                    }
                    case "getPropertyNames" -> values.keySet();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
