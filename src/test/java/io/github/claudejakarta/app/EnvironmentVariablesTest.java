package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvironmentVariablesTest {

    private static final Map<String, String> ENVIRONMENT = Map.of(
            "CLAUDE_API_KEY",
            "sk",
            "claude_api_key_exact",
            "x",
            "CLAUDE_CLIENTS_NIGHT_RUN_KEY_SHA256",
            "hash",
            "IO_GITHUB_CLAUDEJAKARTA_CLAUDE_HTTP_CLAUDECLIENT_CALL_RETRY_MAXRETRIES",
            "5",
            "OTEL_SDK_DISABLED",
            "false",
            "a.b",
            "exact",
            "A_B",
            "capitals");

    @ParameterizedTest
    @ValueSource(strings = {"tr-TR", "az-Latn-AZ", "lt-LT", "en-US", "ar-EG", "fa-IR", "th-TH-u-nu-thai"})
    void variablesAreFoundInEveryLocale(String locale) {
        in(locale, () -> {
            var source = new EnvironmentVariables(ENVIRONMENT);

            assertThat(source.getValue("claude.api-key")).isEqualTo("sk");
            assertThat(source.getValue("claude.clients.night-run.key-sha256")).isEqualTo("hash");
            assertThat(source.getValue("io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries"))
                    .isEqualTo("5");
            assertThat(source.getValue("otel.sdk.disabled")).isEqualTo("false");
        });
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"a.b,exact", "a/b,capitals", "A.B,capitals", "claude.api.key.exact,x", "claude.base-url,-", "'',-"
            })
    void theThreeRulesApplyInTheirOrder(String key, String value) {
        assertThat(new EnvironmentVariables(ENVIRONMENT).getValue(key)).isEqualTo(value);
    }

    @Test
    void theServerFindsTheSource() {
        assertThat(ServiceLoader.load(ConfigSource.class)).anySatisfy(source -> {
            assertThat(source).isInstanceOf(EnvironmentVariables.class);
            assertThat(source.getOrdinal()).isEqualTo(300);
            assertThat(source.getPropertyNames()).isEmpty();
            assertThat(source.getValue("PATH")).isEqualTo(System.getenv("PATH"));
        });
    }

    @Test
    void openTelemetrysKeysAreNamedInLanguagesWithTheirOwnCapitals() {
        in(
                "tr-TR",
                () -> assertThat(new EnvironmentVariables(ENVIRONMENT).getPropertyNames())
                        .containsExactly("otel.sdk.disabled"));
        in(
                "de-DE",
                () -> assertThat(new EnvironmentVariables(ENVIRONMENT).getPropertyNames())
                        .isEmpty());
    }

    // A server that ignores the source.

    @ParameterizedTest
    @CsvSource({
        "tr-TR,CLAUDE_API_KEY,claude.api-key",
        "az-Latn-AZ,CLAUDE_CLIENTS_NIGHT_RUN_KEY_SHA256,claude.clients.night-run.key-sha256",
        "tr-TR,CLAUDE_STREAM_RETENTION,claude.stream.retention"
    })
    void anUnreadVariableStopsTheStart(String locale, String variable, String key) {
        in(locale, () -> {
            var environment = Map.of(variable, "x");

            assertThatThrownBy(() -> UnreadVariables.check(ofServer(environment), environment))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(variable)
                    .hasMessageContaining(key)
                    .hasMessageContaining("-Duser.language=en");
        });
        in(
                "en-US",
                () -> assertThatCode(
                                () -> UnreadVariables.check(ofServer(Map.of(variable, "x")), Map.of(variable, "x")))
                        .doesNotThrowAnyException());
        in(
                "en-US",
                () -> assertThatCode(() -> UnreadVariables.check(ofServer(Map.of()), Map.of(variable, "x")))
                        .as("overridden by an empty value")
                        .doesNotThrowAnyException());
    }

    @ParameterizedTest
    @CsvSource({
        "CLAUDE_BASE_URL,x",
        "CLAUDE_API_KEY,' '",
        "CLAUDE_CODE_ENTRYPOINT_ID,x",
        "CLAUDE_CONFIG_DIR,x",
        "ANTHROPIC_API_KEY,x",
        "NOISE_I,x"
    })
    void otherVariablesDoNotStopTheStart(String variable, String value) {
        in(
                "tr-TR",
                () -> assertThatCode(
                                () -> UnreadVariables.check(ofServer(Map.of(variable, value)), Map.of(variable, value)))
                        .doesNotThrowAnyException());
    }

    /** Returns the environment as servers read it, by the rules of the JVM's language. */
    private static Config ofServer(Map<String, String> environment) {
        var names = Set.copyOf(environment.keySet());
        return (Config) Proxy.newProxyInstance(
                EnvironmentVariablesTest.class.getClassLoader(),
                new Class<?>[] {Config.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getOptionalValue" ->
                        Optional.ofNullable(new HashMap<>(environment)
                                        .get(((String) arguments[0])
                                                .replaceAll("[^A-Za-z0-9]", "_")
                                                .toUpperCase(Locale.getDefault())))
                                .filter(value -> !value.isEmpty());
                    case "getPropertyNames" -> names;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static void in(String locale, Runnable test) {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag(locale));
        try {
            test.run();
        } finally {
            Locale.setDefault(before);
        }
    }
}
