package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.Map;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.junit.jupiter.api.Test;

class FaultToleranceKeysTest {

    private static final String RETRIES = "io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries";

    @Test
    void aKeyThatFaultToleranceDoesNotSeeCausesAWarning() {
        assertThat(FaultToleranceKeys.warnings(
                        config(Map.of(RETRIES, "5", "Retry/delay", "1", "claude.api-key", "secret")), config(Map.of())))
                .hasSize(2)
                .allMatch(warning -> warning.contains("has no effect"))
                .noneMatch(warning -> warning.contains("secret"))
                .satisfiesExactly(
                        warning -> assertThat(warning).contains("Retry/delay"),
                        warning -> assertThat(warning).contains(RETRIES));
    }

    @Test
    void globalKeysAreChecked() {
        assertThat(FaultToleranceKeys.warnings(
                        config(Map.of("MP_Fault_Tolerance_NonFallback_Enabled", "false")), config(Map.of())))
                .hasSize(1);
    }

    @Test
    void aKeyWithAnotherValueForFaultToleranceCausesAWarning() {
        assertThat(FaultToleranceKeys.warnings(config(Map.of(RETRIES, "5")), config(Map.of(RETRIES, "3"))))
                .hasSize(1);
    }

    @Test
    void aKeyThatFaultToleranceSeesCausesNoWarning() {
        assertThat(FaultToleranceKeys.warnings(config(Map.of(RETRIES, "5")), config(Map.of(RETRIES, "5"))))
                .isEmpty();
    }

    private static Config config(Map<String, String> values) {
        return (Config) Proxy.newProxyInstance(
                FaultToleranceKeysTest.class.getClassLoader(),
                new Class<?>[] {Config.class},
                (config, method, arguments) -> switch (method.getName()) {
                    case "getPropertyNames" -> values.keySet();
                    case "getConfigValue" ->
                        Proxy.newProxyInstance(
                                FaultToleranceKeysTest.class.getClassLoader(),
                                new Class<?>[] {ConfigValue.class},
                                (value, of, none) -> values.get((String) arguments[0]));
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
