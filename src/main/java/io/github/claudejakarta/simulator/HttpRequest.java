package io.github.claudejakarta.simulator;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A request that the simulator received.
 *
 * @param target path and query, not decoded
 * @param headers by name, ignoring case; values of a repeated header are joined with commas
 */
record HttpRequest(String method, String target, Map<String, String> headers, Body body) {

    private static final int MAX_HEAD = 64 << 10;

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /** Returns whether the connection closes after this request. */
    boolean isLast() {
        // The simulator sends a body also to HEAD, which is tolerable only if the connection closes.
        return method.equals("HEAD") || hasValue(headers, "connection", "close");
    }

    String path() {
        return decode(target.split("\\?", 2)[0]);
    }

    Optional<String> parameter(String name) {
        var query = target.indexOf('?') + 1;
        for (var pair : query == 0 ? new String[0] : target.substring(query).split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2 && parts[0].equals(name)) {
                return Optional.of(decode(parts[1]));
            }
        }
        return Optional.empty();
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new ApiError(400, "The URL is not well-formed");
        }
    }

    /** Reads the headers and the body that follow a request line. */
    static HttpRequest read(String requestLine, InputStream in, Limits limits) throws IOException {
        var parts = requestLine.split(" ");
        if (parts.length != 3 || !parts[2].equals("HTTP/1.1")) {
            throw new ApiError(400, "The request line is not HTTP/1.1");
        }
        var maxBody = limits.maxBody(parts[0], parts[1]);
        try {
            var headers = readHeaders(in);
            var body = new Body();
            if (hasValue(headers, "transfer-encoding", "chunked")) {
                readChunks(in, body, maxBody);
            } else {
                read(in, Long.parseLong(headers.getOrDefault("content-length", "0")), body, maxBody);
            }
            return new HttpRequest(parts[0], parts[1], headers, body);
        } catch (NumberFormatException e) {
            throw new ApiError(400, "The length of the request's body is not a number");
        }
    }

    private static boolean hasValue(Map<String, String> headers, String name, String value) {
        return headers.getOrDefault(name, "").toLowerCase(Locale.ROOT).contains(value);
    }

    private static Map<String, String> readHeaders(InputStream in) throws IOException {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        var size = 0;
        while (true) {
            String line = readLine(in).orElseThrow(EOFException::new);
            if (line.isEmpty()) {
                return headers;
            }
            var colon = line.indexOf(':');
            size += line.length();
            if (colon < 1 || size > MAX_HEAD) {
                throw new ApiError(400, "The request's headers are not well-formed");
            }
            headers.merge(
                    line.substring(0, colon),
                    line.substring(colon + 1).trim(),
                    (first, second) -> first + ", " + second);
        }
    }

    private static void readChunks(InputStream in, Body body, int maxBody) throws IOException {
        while (true) {
            var size = Long.parseLong(
                    readLine(in).orElseThrow(EOFException::new).split(";")[0].trim(), 16);
            read(in, size, body, maxBody);
            if (size == 0) {
                readHeaders(in);
                return;
            }
            readLine(in);
        }
    }

    private static void read(InputStream in, long length, Body body, int maxBody) throws IOException {
        if (length < 0) {
            throw new NumberFormatException();
        }
        if (length > maxBody - body.length()) {
            throw new ApiError(413, "Request exceeds the maximum size");
        }
        body.read(in, (int) length);
    }

    /** Returns a line without its line end; empty at the end of the input. */
    static Optional<String> readLine(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int next; (next = in.read()) != '\n'; ) {
            if (next < 0) {
                return Optional.empty();
            }
            if (line.size() == MAX_HEAD) {
                throw new ApiError(400, "The request's head is too long");
            }
            line.write(next);
        }
        var text = line.toString(StandardCharsets.ISO_8859_1);
        return Optional.of(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
    }
}
