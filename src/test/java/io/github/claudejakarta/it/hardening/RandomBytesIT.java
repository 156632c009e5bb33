package io.github.claudejakarta.it.hardening;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Ten thousand requests of random bytes, half of them valid enough to reach the application: none gets an internal
 * error, and afterwards the server holds the same resources as before.
 */
@OwnServers
class RandomBytesIT {

    private static final int REQUESTS = 10_000;
    private static final int CLIENTS = 4;
    private static final long SEED = 4711;
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final String[] METHODS = {"GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH"};
    private static final String[] PATHS = {
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/models",
        "/v1/models/",
        "/v1/messages/batches",
        "/v1/messages/batches/",
        "/v1/streams",
        "/v1/streams/",
        "/v1/batches",
        "/v1/batches/",
        "/v1/jobs",
        "/v1/jobs/",
        "/v1/usage",
        "/",
        "/health/ready",
        "/openapi",
        "/error"
    };
    private static final String[] TYPES = {
        "application/json",
        "text/csv",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json;charset=utf-16",
        "*/*",
        "a/b;c"
    };
    private static final String[] BODIES = {
        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}",
        "{\"request\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]},\"callback_url\":\"http://localhost/\"}",
        "custom_id,prompt\na,b\n",
        "{\"requests\":[{\"custom_id\":\"a\",\"params\":{}}]}",
        "model=m&max_tokens=1&prompt=Hi",
        "[[[[[[[[[[",
        "{\"a\":{\"a\":{\"a\":"
    };
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-random")
            .with("CLAUDE_UPSTREAM", "simulator")
            .with("CLAUDE_LOG_FORMAT", "json")
            .configured("quiet.xml", "<logging consoleLogLevel=\"WARNING\"/>");

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    /** The resources of the server at one moment. */
    private record State(long threads, long files, long heapKilobytes) {}

    @Test
    void randomRequestsDoNoHarm() throws Exception {
        run(new Random(SEED - 1), REQUESTS / 10);
        State before = state();

        Map<Integer, Integer> statuses = run(new Random(SEED), REQUESTS);

        assertThat(statuses.keySet())
                .as(statuses.toString())
                .allMatch(status -> status < 500 || List.of(501, 505, 529).contains(status));
        assertThat(statuses.values().stream().mapToInt(Integer::intValue).sum())
                .as("answers: " + statuses)
                .isGreaterThan(REQUESTS / 2);
        assertThat(statuses).as("some requests reached the application").containsKeys(200, 400, 404, 405);
        Api.await("threads and files as before", () -> {
            State now = state();
            return now.threads() <= before.threads() + 20 && now.files() <= before.files() + 20;
        });
        assertThat(state().heapKilobytes())
                .as("heap after a collection, before: " + before)
                .isLessThan(before.heapKilobytes() + 40_000);
    }

    private static Map<Integer, Integer> run(Random random, int requests) throws Exception {
        var threads = Executors.newFixedThreadPool(CLIENTS);
        var statuses = new ConcurrentHashMap<Integer, Integer>();
        try {
            var all = new ArrayList<Callable<Void>>();
            for (int i = 0; i < requests; i++) {
                byte[] bytes = i % 2 == 0 ? noise(random) : framed(random);
                all.add(() -> {
                    String answer = answer(bytes);
                    Matcher status = STATUS.matcher(answer);
                    if (status.lookingAt()) {
                        statuses.merge(Integer.parseInt(status.group(1)), 1, Integer::sum);
                        assertThat(status.group(1))
                                .as(new String(bytes, ISO_8859_1) + "\nis answered with\n" + answer)
                                .isNotEqualTo("500");
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(all, 5, TimeUnit.MINUTES)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
        return new TreeMap<>(statuses);
    }

    /** Random bytes, sometimes with a meaningful beginning. */
    private static byte[] noise(Random random) {
        var bytes = new byte[1 + random.nextInt(400)];
        random.nextBytes(bytes);
        var request = new ByteArrayOutputStream();
        if (random.nextBoolean()) {
            request.writeBytes((pick(random, METHODS) + " " + pick(random, PATHS)).getBytes(ISO_8859_1));
        }
        request.writeBytes(bytes);
        if (random.nextBoolean()) {
            request.writeBytes("\r\n\r\n".getBytes(ISO_8859_1));
        }
        return request.toByteArray();
    }

    /** A valid request with random bytes in its path, query, headers or body. */
    private static byte[] framed(Random random) {
        byte[] body = random.nextInt(3) == 0
                ? new byte[random.nextInt(2000)]
                : pick(random, BODIES).getBytes(ISO_8859_1);
        for (int i = random.nextInt(4); i > 0 && body.length > 0; i--) {
            body[random.nextInt(body.length)] = (byte) random.nextInt(256);
        }
        // Not at /openapi: Liberty itself fails there on a query that cannot be decoded.
        String at = pick(random, PATHS);
        String path = at
                + (at.equals("/openapi")
                        ? ""
                        : random.nextInt(3) == 0 ? printable(random, 30) + "?" + printable(random, 30) : "");
        var head = new StringBuilder(
                pick(random, METHODS) + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        head.append("Content-Type: ").append(pick(random, TYPES)).append("\r\n");
        for (String name :
                List.of("Accept", "Prefer", "Idempotency-Key", "Last-Event-ID", "anthropic-version", "Authorization")) {
            if (random.nextInt(6) == 0) {
                head.append(name).append(": ").append(printable(random, 40)).append("\r\n");
            }
        }
        var request = new ByteArrayOutputStream();
        if (random.nextInt(4) == 0) {
            head.append("Transfer-Encoding: chunked\r\n\r\n")
                    .append(Integer.toHexString(body.length))
                    .append("\r\n");
            request.writeBytes(head.toString().getBytes(ISO_8859_1));
            request.writeBytes(body);
            request.writeBytes((random.nextBoolean() ? "\r\n0\r\n\r\n" : "\r\nzz\r\n").getBytes(ISO_8859_1));
        } else {
            request.writeBytes(head.append("Content-Length: ")
                    .append(body.length)
                    .append("\r\n\r\n")
                    .toString()
                    .getBytes(ISO_8859_1));
            request.writeBytes(body);
        }
        return request.toByteArray();
    }

    private static String printable(Random random, int length) {
        return random.ints(random.nextInt(length), 0x21, 0x7f)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String pick(Random random, String[] all) {
        return all[random.nextInt(all.length)];
    }

    /** The beginning of the response, or an empty string. The client closes its sending side after the request. */
    private static String answer(byte[] request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            InputStream in = socket.getInputStream();
            return new String(in.readNBytes(200), ISO_8859_1);
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("no answer and no end: " + new String(request, ISO_8859_1), e);
        } catch (IOException e) {
            // The server may close the connection before the whole request is sent.
            return "";
        }
    }

    private static State state() throws Exception {
        Path process = Path.of("/proc", Long.toString(SERVER.pid()));
        String heap = jcmd("GC.run") + jcmd("GC.heap_info");
        Matcher used = Pattern.compile("used (\\d+)K").matcher(heap);
        assertThat(used.find()).as(heap).isTrue();
        return new State(count(process.resolve("task")), count(process.resolve("fd")), Long.parseLong(used.group(1)));
    }

    private static long count(Path directory) throws IOException {
        try (var files = Files.list(directory)) {
            return files.count();
        }
    }

    private static String jcmd(String command) throws Exception {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(SERVER.pid()),
                        command)
                .redirectErrorStream(true)
                .start();
        String output = new String(jcmd.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(jcmd.waitFor()).as(output).isZero();
        return output;
    }
}
