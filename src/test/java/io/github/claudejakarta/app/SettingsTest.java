package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.web.Caller;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static final String HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"; // of "test"

    @Test
    void haveDefaults() {
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
        assertThat(settings(Map.of()).threads()).isEqualTo(Settings.Threads.PLATFORM);
        assertThat(settings(Map.of()).publicUrl().configured()).isEmpty();
        assertThat(settings(Map.of()).clients().areConfigured()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "claude.base-url,http://x:1,http://x:1", "claude.base-url,http://x/y/,http://x/y", "ANTHROPIC_BASE_URL,http://x,http://x",
        "claude.api-key,sk,Optional[sk]", "ANTHROPIC_API_KEY,sk,Optional[sk]", "claude.api-key,'',Optional.empty",
        "claude.version,2026-10-21,2026-10-21", "claude.connect-timeout,PT1S,PT1S", "claude.read-timeout,PT2S,PT2S",
        "claude.lease-timeout,PT3S,PT3S", "claude.request-timeout,PT4S,PT4S", "claude.pool.max-connections,7,7",
        "claude.pool.max-idle,0,0", "claude.pool.keep-alive,PT5S,PT5S", "claude.stream.retention,PT0S,PT0S",
        "claude.stream.heartbeat,PT6S,PT6S", "claude.stream.write-timeout,PT7S,PT7S", "claude.stream.max-bytes,5000000000,5000000000",
        "claude.stream.max-watchers,3,3", "claude.stream.threads,virtual,VIRTUAL", "claude.public-url,https://x/,https://x"})
    void areRead(String key, String value, String expected) {
        assertThat(read(key, settings(Map.of(key, value)))).isEqualTo(expected);
    }

    private static String read(String key, Settings settings) {
        Object value = switch (key) {
            case "claude.base-url", "ANTHROPIC_BASE_URL" -> settings.client().baseUri();
            case "claude.api-key", "ANTHROPIC_API_KEY" -> settings.client().apiKey();
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
            case "claude.stream.threads" -> settings.threads();
            default -> settings.publicUrl().configured().orElseThrow();
        };
        return value.toString();
    }

    @Test
    void ourKeysWinOverAnthropicsVariables() {
        var client = settings(Map.of("claude.api-key", "ours", "ANTHROPIC_API_KEY", "theirs", "claude.base-url", "http://ours",
            "ANTHROPIC_BASE_URL", "http://theirs")).client();

        assertThat(client.apiKey()).contains("ours");
        assertThat(client.baseUri()).hasToString("http://ours");
    }

    @ParameterizedTest
    @CsvSource({
        "claude.connect-timeout,10s", "claude.read-timeout,x", "claude.lease-timeout,-PT1S", "claude.request-timeout,PT0S",
        "claude.pool.max-connections,many", "claude.pool.max-connections,0", "claude.pool.max-idle,-1", "claude.pool.keep-alive,PT0S",
        "claude.base-url,not a url", "claude.base-url,ftp://x", "claude.stream.retention,x", "claude.stream.retention,-PT1S",
        "claude.stream.heartbeat,PT0S", "claude.stream.write-timeout,x", "claude.stream.max-bytes,1GB", "claude.stream.max-bytes,0",
        "claude.stream.max-watchers,0", "claude.stream.threads,green", "claude.upstream,openai", "claude.public-url,not a url",
        "claude.public-url,claude.example.org"})
    void aBadValueNamesItsKey(String key, String value) {
        assertThatThrownBy(() -> all(settings(Map.of(key, value))))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(key);
    }

    @Test
    void aGoodSetPasses() {
        assertThatCode(() -> all(settings(Map.of("claude.api-key", "sk")))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {"-,-,-,true", "auto,-,-,true", "-,sk,-,false", "-,-,http://x,false", "auto,sk,http://x,false",
        "anthropic,-,-,false", "simulator,sk,http://x,true", "SIMULATOR,-,-,true"})
    void theSimulatorAnswersWhereNothingElseCan(String upstream, String key, String url, boolean expected) {
        var values = new HashMap<String, String>();
        values.put("claude.upstream", upstream);
        values.put("claude.api-key", key);
        values.put("claude.base-url", url);
        values.values().removeIf(java.util.Objects::isNull);

        assertThat(settings(values).isSimulated()).isEqualTo(expected);
    }

    @Test
    void clientsHaveANameARoleAndKeys() throws Exception {
        String second = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest("second".getBytes(StandardCharsets.UTF_8)));
        var clients = settings(Map.of("claude.api-key", "sk",
            "claude.clients.alice.key-sha256", HASH.toUpperCase() + " , " + second,
            "claude.clients.root.key-sha256", HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(new byte[] {'r'})),
            "claude.clients.root.role", "admin")).clients();

        assertThat(clients.callerWith("test")).contains(new Caller("alice", false));
        assertThat(clients.callerWith("second")).contains(new Caller("alice", false));
        assertThat(clients.callerWith("r")).contains(new Caller("root", true));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc", "sk-plain-key", HASH + "," + "x", HASH + "0"})
    void aKeyThatIsNoHashNamesItsKeyAndNotTheValue(String hash) {
        assertThatThrownBy(() -> settings(Map.of("claude.api-key", "sk", "claude.clients.a.key-sha256", hash)).clients())
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("claude.clients.a.key-sha256")
            .message().doesNotContain("sk-plain-key");
    }

    @Test
    void aRoleIsClientOrAdmin() {
        assertThatThrownBy(() -> settings(Map.of("claude.api-key", "sk", "claude.clients.a.key-sha256", HASH,
            "claude.clients.a.role", "king")).clients())
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("claude.clients.a.role");
    }

    @Test
    void clientsNeedAServerKey() {
        assertThatThrownBy(() -> settings(Map.of("claude.base-url", "http://x", "claude.clients.a.key-sha256", HASH)).clients())
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("claude.api-key");
    }

    @Test
    void theSimulatorsClientsNeedNone() {
        assertThat(settings(Map.of("claude.clients.a.key-sha256", HASH)).clients().areConfigured()).isTrue();
    }

    private static void all(Settings settings) {
        for (Consumer<Settings> one : java.util.List.<Consumer<Settings>>of(Settings::isSimulated, Settings::client, Settings::streams,
            Settings::threads, Settings::publicUrl, Settings::clients)) {
            one.accept(settings);
        }
    }

    private static Settings settings(Map<String, String> values) {
        Map<Class<?>, Function<String, Object>> converters = Map.of(String.class, value -> value, Integer.class, Integer::valueOf,
            Long.class, Long::valueOf, Duration.class, Duration::parse);
        return new Settings((Config) Proxy.newProxyInstance(SettingsTest.class.getClassLoader(), new Class<?>[] {Config.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "getOptionalValue" -> Optional.ofNullable(values.get((String) arguments[0])).filter(value -> !value.isEmpty())
                    .map(converters.get((Class<?>) arguments[1]));
                case "getPropertyNames" -> values.keySet();
                default -> throw new UnsupportedOperationException(method.getName());
            }));
    }
}
