package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnknownKeysTest {

    private static final String SECRET = "value-that-is-never-shown";

    @ParameterizedTest
    @CsvSource({
        "claude.batch.retenton,claude.batch.retention",
        "claude.stream.max-byte,claude.stream.max-bytes",
        "claude.apikey,claude.api-key",
        "claude.Api-Key,claude.api-key",
        "claude.webhook.secret,claude.webhooks.secret",
        "claude.database.pasword,claude.database.password",
        "claude.clients.teller.request-per-minute,claude.clients.teller.requests-per-minute",
        "claude.clients.north.east.tokens-per-hour,claude.clients.north.east.tokens-per-day",
        "claude.client.teller.role,claude.clients.teller.role",
        "claude.clients.teller.key-sha-256,claude.clients.teller.key-sha256",
        "claude.prices.claude-opus-4.5.inputs,claude.prices.claude-opus-4.5.input",
        "claude.price.m.cache-write-1h,claude.prices.m.cache-write-1h",
        "CLAUDE_CLIENTS_X_REQUEST_PER_MINUTE,CLAUDE_CLIENTS_X_REQUESTS_PER_MINUTE",
        "CLAUDE_CLIENTS_NIGHT_RUN_MAX_STREAM,CLAUDE_CLIENTS_NIGHT_RUN_MAX_STREAMS",
        "CLAUDE_CLIENT_TELLER_ROLE,CLAUDE_CLIENTS_TELLER_ROLE",
        "CLAUDE_BATCH_MAXBYTES,CLAUDE_BATCH_MAX_BYTES",
        "CLAUDE_STREAM_RETENTON,CLAUDE_STREAM_RETENTION",
        "CLAUDE_APIKEY,CLAUDE_API_KEY",
        "CLAUDE_BASE_URI,CLAUDE_BASE_URL",
        "CLAUDE_DATABASE_PASSWD,CLAUDE_DATABASE_PASSWORD"
    })
    void aMisspeltKeyIsReportedWithTheNearestKey(String key, String nearest) {
        assertThat(warnings(key))
                .singleElement()
                .asString()
                .contains("Unknown configuration key " + key + " (the test's source)")
                .contains("Did you mean " + nearest + "?")
                .doesNotContain(SECRET);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "claude.quux.zzzzzzzzzzzzzzzzzzzzz",
                "claude.clients.teller",
                "claude.clients..role",
                "CLAUDE_JOB_ZZZZZZZZZZZZZZZZZZZZ"
            })
    void anUnknownKeyIsReported(String key) {
        assertThat(warnings(key)).singleElement().asString().startsWith("Unknown configuration key " + key + " (");
    }

    @Test
    void pricesInTheEnvironmentAreExplained() {
        assertThat(warnings("CLAUDE_PRICES_CLAUDE_OPUS_4_5_INPUT"))
                .singleElement()
                .asString()
                .contains("cannot be set in the environment")
                .doesNotContain("Did you mean");
    }

    @Test
    void allKeysAreKnownInBothSpellings() {
        Stream<String> properties = Stream.of(
                        ConfigurationKeys.single().stream(),
                        Stream.of(ConfigurationKeys.CLIENTS, ConfigurationKeys.PRICES)
                                .flatMap(family -> family.parts().stream()
                                        .flatMap(part ->
                                                Stream.of(family.key("n", part), family.key("a.b-c_d 1", part)))))
                .flatMap(keys -> keys);
        Stream<String> variables = Stream.concat(
                        ConfigurationKeys.single().stream(),
                        ConfigurationKeys.CLIENTS.parts().stream()
                                .flatMap(part ->
                                        Stream.of("claude.clients.x." + part, "claude.clients.night-run." + part)))
                .map(ConfigurationKeys::inEnvironment);

        assertThat(warnings(Stream.concat(properties, variables).toArray(String[]::new)))
                .isEmpty();
    }

    /** A warning about a correct name would be worse than no warning. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CLAUDECODE",
                "CLAUDE_CODE_ENTRYPOINT",
                "CLAUDE_CODE_VERSION",
                "CLAUDE_CODE_MAX_RETRIES",
                "CLAUDE_CODE_API_KEY_HELPER_TTL_MS",
                "CLAUDE_CONFIG_DIR",
                "CLAUDE_PROJECT_DIR",
                "CLAUDE_ENV_FILE",
                "CLAUDE_PLUGIN_ROOT",
                "CLAUDE_EFFORT",
                "CLAUDE_MODEL",
                "CLAUDE_AGENT_SDK_VERSION",
                "CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR",
                "CLAUDE_ENABLE_STREAM_WATCHDOG",
                "CLAUDE_STREAM_IDLE_TIMEOUT_MS",
                "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
                "CLAUDE_ASYNC_AGENT_STALL_TIMEOUT_MS",
                "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
                "CLAUDE_SESSION_ID",
                "CLAUDE_HOME",
                "CLAUDE_LOG_LEVEL_OF_MINE",
                "ANTHROPIC_API_KEY",
                "claude",
                "claudes.thing",
                "my.claude.key",
                "otel.sdk.disabled",
                "PATH",
                "io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries"
            })
    void namesOfOtherProgramsAreIgnored(String name) {
        assertThat(warnings(name)).isEmpty();
    }

    /** The server's Config has, for each variable, also the property that it may represent. */
    @Test
    void propertiesDerivedFromVariablesAreIgnored() {
        assertThat(warnings(
                        "CLAUDE_STREAM_MAX_BYTES",
                        "claude.stream.max.bytes",
                        "CLAUDE_CODE_ENTRYPOINT",
                        "claude.code.entrypoint",
                        "CLAUDE_CLIENTS_NIGHT_RUN_KEY_SHA256",
                        "claude.clients.night.run.key.sha256"))
                .isEmpty();
        assertThat(warnings("CLAUDE_BATCH_RETENTON", "claude.batch.retenton"))
                .singleElement()
                .asString()
                .contains("CLAUDE_BATCH_RETENTON");
    }

    @Test
    void eachKeyIsReportedOnceInOrder() {
        assertThat(warnings("claude.b", "claude.a", "claude.b"))
                .hasSize(2)
                .first()
                .asString()
                .contains("claude.a ");
    }

    @ParameterizedTest
    @CsvSource({"'','',0", "abc,abc,0", "abc,abd,1", "abc,ab,1", "ab,abc,1", "kitten,sitting,3", "'',abc,3"})
    void editsAreCounted(String from, String to, int edits) {
        assertThat(UnknownKeys.edits(from, to)).isEqualTo(edits);
    }

    private static List<String> warnings(String... names) {
        ConfigSource source = new ConfigSource() {

            @Override
            public Set<String> getPropertyNames() {
                return Set.copyOf(List.of(names).stream().distinct().toList());
            }

            @Override
            public Map<String, String> getProperties() {
                throw new UnsupportedOperationException("values are not read");
            }

            @Override
            public String getValue(String name) {
                throw new UnsupportedOperationException("values are not read");
            }

            @Override
            public String getName() {
                return "the test's source";
            }
        };
        return UnknownKeys.warnings((Config) Proxy.newProxyInstance(
                UnknownKeysTest.class.getClassLoader(),
                new Class<?>[] {Config.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getPropertyNames" -> List.of(names);
                    case "getConfigSources" -> List.of(source);
                    default -> throw new UnsupportedOperationException(method.getName());
                }));
    }
}
