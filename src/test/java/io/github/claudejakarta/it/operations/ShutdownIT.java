package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.simulator.Simulator;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.http.HttpRequest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that is stopped by a signal and by Liberty's command, with either database: all waiting clients get a
 * response, jobs return to the queue, the usage is recorded, and the process ends soon after.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@OwnServers
class ShutdownIT {

    /**
     * It takes about two seconds, and more on a busy machine. Liberty without the module waits 30 s for open responses.
     */
    private static final Duration LONGEST = Duration.ofSeconds(30);
    /** Liberty records an incident for every body that ends too early, on either side. */
    private static final String HALF_A_BODY = "java.io.EOFException: Connection closed: Read failed.";

    private static final Pattern TROUBLE =
            Pattern.compile("^\\s+at [\\w.]+\\(|.* [EF] [A-Z]{4,5}\\d{4}E: .*|.*SEVERE.*|.*CWWKE1102W.*|.*FFDC1015I.*");

    @RegisterExtension
    static final ServerProcess ON_H2 = new ServerProcess("stopped-on-h2");

    @RegisterExtension
    static final ServerProcess ON_POSTGRES = new ServerProcess("stopped-on-postgres");

    private static Simulator claude;
    private static EmbeddedPostgres postgres;

    private interface Stop {
        void run() throws Exception;
    }

    private interface Database {
        Connection open() throws Exception;
    }

    @BeforeAll
    static void start() throws Exception {
        claude = Simulator.start(Thread::new);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("log_min_messages", "fatal")
                .start();
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create role claude login password 'for-tests-only'");
            statement.execute("create database claude owner claude");
        }
        ON_POSTGRES
                .with("CLAUDE_DATABASE_URL", postgresUrl())
                .with("CLAUDE_DATABASE_USER", "claude")
                .with("CLAUDE_DATABASE_PASSWORD", "for-tests-only");
        for (ServerProcess server : List.of(ON_H2, ON_POSTGRES)) {
            server.with("CLAUDE_BASE_URL", claude.baseUri().toString())
                    .with("CLAUDE_API_KEY", ServerLog.KEY_MARK + "stopped");
        }
    }

    @AfterAll
    static void end() throws Exception {
        ON_H2.afterAll(null);
        ON_POSTGRES.afterAll(null);
        postgres.close();
        claude.close();
    }

    private static String postgresUrl() {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/claude";
    }

    private static Connection h2() throws Exception {
        return DriverManager.getConnection(
                "jdbc:h2:" + ON_H2.directory().resolve("data").resolve("claude"), "claude", "claude");
    }

    private static Connection postgres() throws Exception {
        return DriverManager.getConnection(postgresUrl(), "claude", "for-tests-only");
    }

    @AfterEach
    void endServersOfFailedTests() throws Exception {
        for (ServerProcess server : List.of(ON_H2, ON_POSTGRES)) {
            server.afterAll(null);
        }
    }

    @Test
    @Order(1)
    void aSignalStopsTheServerInGoodOrder() throws Exception {
        ON_H2.start();

        String job = assertStopsInGoodOrder(ON_H2, ON_H2::stop, ShutdownIT::h2, "signal");

        ON_H2.start();
        assertThat(JobCaller.of(ON_H2).succeeded(job).getInt("restarts")).isEqualTo(1);
    }

    @Test
    @Order(2)
    void libertysCommandStopsTheServerInGoodOrder() throws Exception {
        ON_H2.start();

        assertStopsInGoodOrder(ON_H2, ON_H2::stopByCommand, ShutdownIT::h2, "command");
    }

    @Test
    @Order(3)
    void aSignalStopsTheServerInGoodOrderOnPostgres() throws Exception {
        ON_POSTGRES.start();

        assertStopsInGoodOrder(ON_POSTGRES, ON_POSTGRES::stop, ShutdownIT::postgres, "postgres");
    }

    /**
     * Stops a server, and asserts that it stops in good order.
     *
     * @return the id of a job that was running
     */
    private static String assertStopsInGoodOrder(ServerProcess server, Stop stop, Database database, String name)
            throws Exception {
        int logged = server.consoleText().length();
        long failures = server.failures()
                .lines()
                .filter(line -> line.startsWith("Exception = "))
                .count();
        try (var clients = new WaitingClients(server, claude, name)) {
            long requests = used(server);
            long began = System.nanoTime();
            stop.run();
            Duration took = Duration.ofNanos(System.nanoTime() - began);

            clients.assertAllAreAnswered();
            assertThat(took).isLessThan(LONGEST);
            try (var connection = database.open()) {
                assertThat(value(connection, "select status from claude_job where id = '" + clients.job() + "'"))
                        .isEqualTo("queued");
                // The streams that had begun to answer: relayed, watched, unread, and the one of the job.
                assertThat(Long.parseLong(value(connection, "select sum(requests) from claude_usage")) - requests)
                        .isEqualTo(4);
            }
            assertThat(server.consoleText()
                            .substring(logged)
                            .lines()
                            .filter(TROUBLE.asMatchPredicate())
                            .filter(line -> !line.contains(HALF_A_BODY)))
                    .isEmpty();
            assertThat(server.failures()
                            .lines()
                            .filter(line -> line.startsWith("Exception = "))
                            .skip(failures))
                    .containsOnly("Exception = java.io.EOFException");
            return clients.job();
        }
    }

    private static long used(ServerProcess server) throws Exception {
        return Api.json(JobCaller.send(HttpRequest.newBuilder(server.uri().resolve("/v1/usage")))
                        .body())
                .getJsonObject("total")
                .getInt("requests");
    }

    private static String value(Connection connection, String query) throws Exception {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
