package io.github.claudejakarta.upstream;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A request as received.
 *
 * @param target path and query
 * @param headers the lines as received, {@code Name: value}
 * @param body the body without transfer coding
 * @param connection the number of the upstream's connection, from 1
 * @param clientGone completes when the client closes this connection, with the time; never completes if the upstream
 *     closed it, or if another request followed on it
 */
public record ReceivedRequest(
        String method,
        String target,
        List<String> headers,
        byte[] body,
        int connection,
        CompletableFuture<Instant> clientGone) {

    public String path() {
        return target.split("\\?", 2)[0];
    }

    /** The first header of this name, in upper or lower case. */
    public Optional<String> header(String name) {
        return headerValues(name).stream().findFirst();
    }

    public List<String> headerValues(String name) {
        return headers.stream()
                .map(line -> line.split(":", 2))
                .filter(pair -> pair[0].equalsIgnoreCase(name))
                .map(pair -> pair[1].strip())
                .toList();
    }

    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    public JsonObject json() {
        try (var reader = Json.createReader(new ByteArrayInputStream(body))) {
            return reader.readObject();
        }
    }

    /** Reads the next request of a connection. Empty if the client closed it. */
    static Optional<ReceivedRequest> read(InputStream in, int connection) throws IOException {
        var requestLine = readLine(in);
        if (requestLine.isEmpty()) {
            return Optional.empty();
        }
        var words = requestLine.split(" ");
        var headers = new ArrayList<String>();
        for (var line = readLine(in); !line.isEmpty(); line = readLine(in)) {
            headers.add(line);
        }
        return Optional.of(new ReceivedRequest(
                words[0],
                words[1],
                List.copyOf(headers),
                readBody(in, headers),
                connection,
                new CompletableFuture<>()));
    }

    private static byte[] readBody(InputStream in, List<String> headers) throws IOException {
        var length = 0;
        for (var header : headers) {
            var lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("transfer-encoding:") && lower.endsWith("chunked")) {
                return readChunks(in);
            }
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(
                        lower.substring("content-length:".length()).strip());
            }
        }
        return readExactly(in, length);
    }

    private static byte[] readChunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        while (true) {
            var size = Integer.parseInt(readLine(in).split(";")[0].strip(), 16);
            body.writeBytes(readExactly(in, size));
            var afterData = readLine(in);
            if (size == 0) {
                while (!afterData.isEmpty()) { // Trailers.
                    afterData = readLine(in);
                }
                return body.toByteArray();
            }
        }
    }

    private static byte[] readExactly(InputStream in, int length) throws IOException {
        var bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the client left within a body");
        }
        return bytes;
    }

    /** Reads a line without its end. Also empty if the client closed the connection. */
    private static String readLine(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (var b = in.read(); b != '\n' && b != -1; b = in.read()) {
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.ISO_8859_1);
    }
}
