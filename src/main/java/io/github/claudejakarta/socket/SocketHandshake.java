package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A request to open a WebSocket (RFC 6455, section 4.2). Of the subprotocols that a client offers, the server selects
 * {@value #PROTOCOL}. A page that sends its key as a subprotocol must offer it too, because a browser closes a socket
 * if it offered subprotocols and the server selected none.
 */
public final class SocketHandshake {

    static final String PROTOCOL = "claude";

    private static final String MESSAGES = "/v1/messages/socket";
    private static final Pattern STREAM = Pattern.compile("/v1/streams/([^/]+)/socket");
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final String VERSION = "13";
    private static final int KEY_LENGTH = 16;

    private final HttpServletRequest request;
    private final String stream;

    private SocketHandshake(HttpServletRequest request, String stream) {
        this.request = request;
        this.stream = stream;
    }

    /** Returns the handshake of this request. Empty for any other request, and for a path without a socket. */
    public static Optional<SocketHandshake> of(HttpServletRequest request) {
        if (!request.getMethod().equals("GET")
                || !request.getProtocol().equals("HTTP/1.1")
                || !has(request, "upgrade", "websocket")
                || !has(request, "connection", "upgrade")) {
            return Optional.empty();
        }
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        Matcher matcher = STREAM.matcher(path);
        if (matcher.matches()) {
            return Optional.of(new SocketHandshake(request, matcher.group(1)));
        }
        return path.equals(MESSAGES) ? Optional.of(new SocketHandshake(request, null)) : Optional.empty();
    }

    private static boolean has(HttpServletRequest request, String header, String token) {
        return tokens(request, header).anyMatch(token::equalsIgnoreCase);
    }

    private static Stream<String> tokens(HttpServletRequest request, String header) {
        return Collections.list(request.getHeaders(header)).stream()
                .flatMap(value -> Stream.of(value.split(",")))
                .map(String::strip);
    }

    /**
     * Checks the headers that the protocol requires.
     *
     * @throws ClaudeException {@code invalid_request_error}, with 426 for another version of the protocol
     */
    public void requireValid(HttpServletResponse response) {
        if (!VERSION.equals(request.getHeader("sec-websocket-version"))) {
            response.setHeader("Sec-WebSocket-Version", VERSION);
            throw ClaudeException.of(
                    426, ErrorType.INVALID_REQUEST, "Sec-WebSocket-Version: Input should be " + VERSION);
        }
        if (!isKey(request.getHeader("sec-websocket-key"))) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST, "Sec-WebSocket-Key: Input should be 16 bytes in Base64");
        }
    }

    private static boolean isKey(String key) {
        try {
            return key != null && Base64.getDecoder().decode(key.strip()).length == KEY_LENGTH;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Writes the head of the response that switches protocols. */
    void accept(HttpServletResponse response) {
        response.setStatus(HttpServletResponse.SC_SWITCHING_PROTOCOLS);
        response.setHeader("Upgrade", "websocket");
        response.setHeader("Connection", "Upgrade");
        response.setHeader(
                "Sec-WebSocket-Accept",
                acceptKey(request.getHeader("sec-websocket-key").strip()));
        if (tokens(request, "sec-websocket-protocol").anyMatch(PROTOCOL::equals)) {
            response.setHeader("Sec-WebSocket-Protocol", PROTOCOL);
        }
    }

    private static String acceptKey(String key) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-1").digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-1", e);
        }
    }

    HttpServletRequest request() {
        return request;
    }

    /** Returns the path without the id in it. */
    public String route() {
        return stream == null ? MESSAGES : "/v1/streams/{id}/socket";
    }

    /** Returns the id of the stream to watch; empty at {@value #MESSAGES}. */
    Optional<String> stream() {
        return Optional.ofNullable(stream);
    }

    /** Returns a copy of the query's parameters, which outlives the request. */
    Map<String, String[]> parameters() {
        return new TreeMap<>(request.getParameterMap());
    }
}
