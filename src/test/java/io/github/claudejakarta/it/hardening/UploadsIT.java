package io.github.claudejakarta.it.hardening;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.HealthReport;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import io.github.claudejakarta.upstream.EarlyUpstream;
import io.github.claudejakarta.upstream.EarlyUpstream.Manner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Large requests that an edge in front of Claude rejects before it has read them; and a server that is killed while it
 * receives a large request.
 */
@OwnServers
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UploadsIT {

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-uploads");

    private static final String MARK = "a-prompt-that-must-not-stay";
    private static final int LARGE = 8 << 20;
    /** The number of requests in the window of the circuit breaker. */
    private static final int ENOUGH_FOR_THE_BREAKER = 20;

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @TempDir
    static Path temporary;

    private static EarlyUpstream edge;

    @BeforeAll
    static void start() throws Exception {
        edge = EarlyUpstream.start(Manner.CLOSE, EarlyUpstream.error(413, "request_too_large"));
        SERVER.with("CLAUDE_BASE_URL", edge.url().toString())
                .with("ANTHROPIC_API_KEY", "test")
                .with("JDK_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary)
                .start();
    }

    @AfterAll
    static void close() {
        edge.close();
    }

    @Order(1)
    @ParameterizedTest
    @CsvSource({"/v1/messages,false", "/v1/messages,true", "/v1/messages/batches,false"})
    void anEarlyRejectionOfTheEdgeReachesTheCallerAndIsNotAnOutage(String path, boolean isStreamed) throws Exception {
        int before = edge.connections();

        for (int i = 1; i <= ENOUGH_FOR_THE_BREAKER; i++) {
            var response = post(
                    path,
                    "{\"model\":\"claude-opus-5-5\",\"max_tokens\":1,\"stream\":" + isStreamed
                            + ",\"messages\":[{\"role\":\"user\",\"content\":\"" + "x".repeat(LARGE) + "\"}]}");

            Api.assertError(response, 413, "request_too_large");
            assertThat(response.body()).contains("Early");
            assertThat(edge.connections() - before).as("requests to the edge").isEqualTo(i);
        }

        assertThat(HealthReport.data(get("/health/ready"), 200).getString("breaker"))
                .isEqualTo("closed");
    }

    @Order(2)
    @Test
    @EnabledOnOs(OS.LINUX)
    void aKilledServerLeavesNothingOfAnUploadOnDisk() throws Exception {
        try (var socket = new Socket(SERVER.uri().getHost(), SERVER.port())) {
            var out = socket.getOutputStream();
            out.write(("POST /v1/messages/batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                            + "content-length: " + 2 * LARGE + "\r\n\r\n")
                    .getBytes(UTF_8));
            out.write((MARK + " ").repeat(LARGE / (MARK.length() + 1)).getBytes(UTF_8));
            Api.await(
                    "the upload to be on the disk",
                    () -> openFiles().stream().anyMatch(file -> size(file) > LARGE / 2));

            SERVER.kill();
        }

        assertThat(filesWithTheMark(temporary)).isEmpty();
        assertThat(filesWithTheMark(Path.of(System.getProperty("it.wlp"), "usr", "servers", "claude-uploads")))
                .isEmpty();
    }

    /**
     * The open files of the server in its temporary directory, also deleted ones, by their entries in {@code /proc}.
     */
    private static List<Path> openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc", Long.toString(SERVER.pid()), "fd"))) {
            return files.filter(UploadsIT::isTemporary).toList();
        }
    }

    private static boolean isTemporary(Path open) {
        try {
            return Files.readSymbolicLink(open).startsWith(temporary);
        } catch (IOException e) {
            return false; // The file was closed meanwhile.
        }
    }

    private static long size(Path open) {
        try {
            return Files.size(open);
        } catch (IOException e) {
            return 0; // The file was closed meanwhile.
        }
    }

    private static List<Path> filesWithTheMark(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(UploadsIT::hasTheMark)
                    .toList();
        }
    }

    private static boolean hasTheMark(Path file) {
        try {
            return new String(Files.readAllBytes(file), ISO_8859_1).contains(MARK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve(path))
                        .timeout(Duration.ofSeconds(30))
                        .build(),
                BodyHandlers.ofString());
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return HTTP.send(
                HttpRequest.newBuilder(SERVER.uri().resolve(path))
                        .timeout(Duration.ofSeconds(60))
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }
}
