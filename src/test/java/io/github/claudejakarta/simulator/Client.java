package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;

/** A client of a simulator, over the JDK's HTTP client or over a socket. */
record Client(URI base, HttpClient http) {

    static final Duration LIMIT = Duration.ofSeconds(20);

    /** An event of a stream. */
    record Event(String name, String data) {

        JsonObject json() {
            return Client.json(data);
        }
    }

    static Client of(Simulator simulator) {
        return new Client(
                simulator.baseUri(),
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
    }

    static String body(String prompt, boolean isStreamed) {
        return body("claude-opus-5-5", prompt, isStreamed);
    }

    static String body(String model, String prompt, boolean isStreamed) {
        return PROVIDER.createObjectBuilder()
                .add("model", model)
                .add("max_tokens", 1024)
                .add("stream", isStreamed)
                .add(
                        "messages",
                        PROVIDER.createArrayBuilder()
                                .add(PROVIDER.createObjectBuilder()
                                        .add("role", "user")
                                        .add("content", prompt)))
                .build()
                .toString();
    }

    /** Returns the body of a streamed message with additional {@code members}, which are first in the object. */
    static String with(String members, String prompt) {
        return body(prompt, true).replaceFirst("\\{", "{" + Matcher.quoteReplacement(members) + ",");
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path))
                .timeout(LIMIT)
                .header("anthropic-version", "2023-06-01")
                .header("content-type", "application/json");
    }

    HttpResponse<String> post(String body) throws Exception {
        return send(request("/v1/messages").POST(BodyPublishers.ofString(body)));
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(request(path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<InputStream> open(String body) throws Exception {
        return http.send(
                request("/v1/messages").POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofInputStream());
    }

    List<Event> events(String body) throws Exception {
        return parse(post(body).body());
    }

    /**
     * Reads until the stream ends or breaks. If the stream breaks early, the JDK's client reports this instead of
     * returning the response.
     */
    String openAndReadAll(String body, boolean[] isBroken) throws Exception {
        try {
            return readAll(open(body).body(), isBroken);
        } catch (IOException e) {
            isBroken[0] = true;
            return "";
        }
    }

    /** Reads until the stream ends or breaks. */
    static String readAll(InputStream in, boolean[] isBroken) {
        var bytes = new ByteArrayOutputStream();
        try {
            in.transferTo(bytes);
        } catch (IOException e) {
            isBroken[0] = true;
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    static List<Event> parse(String stream) {
        return Arrays.stream(stream.split("(?<=\n)\r?\n"))
                .filter(frame -> !frame.isBlank())
                .map(frame -> frame.split("\r?\n", 2))
                .map(lines -> new Event(
                        lines[0].replaceFirst("event: ", ""), lines[1].strip().replaceFirst("data: ", "")))
                .toList();
    }

    static JsonObject json(String text) {
        try (var reader = PROVIDER.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    static Socket rawPost(Simulator simulator, String body) throws IOException {
        var socket = new Socket("127.0.0.1", simulator.baseUri().getPort());
        socket.setSoTimeout((int) LIMIT.toMillis());
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream()
                .write(("POST /v1/messages HTTP/1.1\r\nHost: x\r\nanthropic-version: 2023-06-01\r\n"
                                + "content-type: application/json\r\ncontent-length: " + bytes.length + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(bytes);
        return socket;
    }

    /** Reads until this text has arrived. */
    static String readUntil(InputStream in, String end) throws IOException {
        var text = new StringBuilder();
        for (int next; text.indexOf(end) < 0 && (next = in.read()) >= 0; ) {
            text.append((char) next);
        }
        return text.toString();
    }
}
