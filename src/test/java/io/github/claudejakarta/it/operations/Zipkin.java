package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.ServerProcess;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** A Zipkin server: a collector of traces with a query API, independent of this project. */
final class Zipkin implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final int port;
    private final Process process;

    Zipkin() throws Exception {
        port = ServerProcess.freePort();
        String jar = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.matches(".*zipkin-server-[^/]*-slim\\.jar"))
                .findFirst()
                .orElseThrow();
        var log = Path.of("target", "zipkin.log").toFile();
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        System.getProperty("it.jvm"),
                        "-DQUERY_PORT=" + port,
                        "-Dlogging.level.root=WARN",
                        "-jar",
                        jar)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    String spansUrl() {
        return "http://127.0.0.1:" + port + "/api/v2/spans";
    }

    /** Waits until its query API answers. */
    void awaitReady() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!isReady()) {
            assertThat(process.isAlive())
                    .as("Zipkin runs; otherwise target/zipkin.log has the reason")
                    .isTrue();
            assertThat(System.nanoTime()).as("Zipkin is ready within the time").isLessThan(deadline);
            Thread.sleep(100);
        }
    }

    private boolean isReady() throws InterruptedException {
        try {
            return HTTP.send(request("/health"), BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The spans of a trace, or an empty array while it has none. */
    JsonArray trace(String id) throws Exception {
        var response = HTTP.send(request("/api/v2/trace/" + id), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            return JsonArray.EMPTY_JSON_ARRAY;
        }
        try (var reader = Json.createReader(new StringReader(response.body()))) {
            return reader.readArray();
        }
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }
}
