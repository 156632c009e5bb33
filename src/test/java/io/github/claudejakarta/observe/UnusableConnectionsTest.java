package io.github.claudejakarta.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.Guard;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.MissingKey;
import io.github.claudejakarta.web.Shutdown;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.spi.HealthCheckResponseProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Health checks report connections that are closed permanently, and errors of the database thread. */
class UnusableConnectionsTest {

    private Optional<String> fault = Optional.empty();

    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client =
            new UnguardedClient(UnguardedClient.settings(URI.create("http://127.0.0.1:1")), watchdog);
    private final ClaudeReadiness readiness = new ClaudeReadiness();
    private final ClaudeLiveness liveness = new ClaudeLiveness();

    @BeforeEach
    void inject() throws Exception {
        HealthCheckResponse.setResponseProvider(builders());
        watchdog.tick();
        var values = Map.of(
                "client",
                client,
                "watchdog",
                watchdog,
                "clients",
                new Clients(List.of()),
                "database",
                new DatabaseWatch() {
                    @Override
                    boolean isUp() {
                        return true;
                    }

                    @Override
                    boolean isTried() {
                        return true;
                    }

                    @Override
                    Optional<String> needsRestart() {
                        return Optional.empty();
                    }

                    @Override
                    Optional<String> fault() {
                        return fault;
                    }
                },
                "settings",
                UnguardedClient.settings(URI.create("http://127.0.0.1:1")),
                "missingKey",
                new MissingKey(),
                "guard",
                new Guard() {
                    @Override
                    public boolean isPresent() {
                        return true;
                    }
                },
                "shutdown",
                new Shutdown(Thread::new));
        for (HealthCheck check : List.of(readiness, liveness)) {
            for (var field : check.getClass().getDeclaredFields()) {
                if (values.containsKey(field.getName())) {
                    field.setAccessible(true);
                    field.set(check, values.get(field.getName()));
                }
            }
        }
    }

    @AfterEach
    void restore() {
        HealthCheckResponse.setResponseProvider(null);
        client.close();
    }

    @Test
    void openConnectionsAreReadyAndLive() {
        assertThat(readiness.call().getStatus()).isEqualTo(Status.UP);
        assertThat(readiness.call().getData().orElseThrow()).containsEntry("not-served", "nothing");
        assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);
    }

    /** The server is live, because a restart would not repair anything. */
    @Test
    void anErrorThatPreventsUseOfTheDatabaseIsNotReady() {
        fault = Optional.of("java.lang.NoSuchMethodError: made by the test");

        assertThat(readiness.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(readiness.call().getData().orElseThrow())
                .containsEntry("database", "failed: java.lang.NoSuchMethodError: made by the test");
        assertThat(liveness.call().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void closedConnectionsAreNeitherReadyNorLive() {
        client.close();

        assertThat(readiness.call().getStatus()).isEqualTo(Status.DOWN);
        assertThat(readiness.call().getData().orElseThrow().get("not-served").toString())
                .contains("the connections are closed", "restart");
        assertThat(liveness.call().getStatus()).isEqualTo(Status.DOWN);
    }

    /** Returns builders of responses, which a server provides otherwise. */
    private static HealthCheckResponseProvider builders() {
        return () -> new HealthCheckResponseBuilder() {
            private final Map<String, Object> data = new TreeMap<>();
            private String name;
            private Status status = Status.DOWN;

            @Override
            public HealthCheckResponseBuilder name(String value) {
                name = value;
                return this;
            }

            @Override
            public HealthCheckResponseBuilder withData(String key, String value) {
                data.put(key, value);
                return this;
            }

            @Override
            public HealthCheckResponseBuilder withData(String key, long value) {
                data.put(key, value);
                return this;
            }

            @Override
            public HealthCheckResponseBuilder withData(String key, boolean value) {
                data.put(key, value);
                return this;
            }

            @Override
            public HealthCheckResponseBuilder up() {
                return status(true);
            }

            @Override
            public HealthCheckResponseBuilder down() {
                return status(false);
            }

            @Override
            public HealthCheckResponseBuilder status(boolean isUp) {
                status = isUp ? Status.UP : Status.DOWN;
                return this;
            }

            @Override
            public HealthCheckResponse build() {
                return new HealthCheckResponse(name, status, Optional.of(data));
            }
        };
    }
}
