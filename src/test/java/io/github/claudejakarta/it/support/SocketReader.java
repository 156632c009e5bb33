package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The JDK's WebSocket client, and the messages that it received. */
public final class SocketReader implements AutoCloseable, WebSocket.Listener {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long TIMEOUT_SECONDS = Api.TIMEOUT.toSeconds();

    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final StringBuilder frame = new StringBuilder();
    private final AtomicInteger pings = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile int code = -1;
    private WebSocket socket;

    private SocketReader() {}

    /**
     * Opens a WebSocket.
     *
     * @param headers names and values
     */
    public static SocketReader open(String path, String... headers) throws Exception {
        return open(Api.SERVER, path, headers);
    }

    public static SocketReader open(URI server, String path, String... headers) throws Exception {
        return open(HTTP, server, path, headers);
    }

    /**
     * Opens a WebSocket.
     *
     * @param server the server; {@code https} uses TLS
     */
    public static SocketReader open(HttpClient http, URI server, String path, String... headers) throws Exception {
        var reader = new SocketReader();
        var builder = http.newWebSocketBuilder().connectTimeout(Api.TIMEOUT);
        for (int i = 0; i < headers.length; i += 2) {
            if (headers[i].equals("sec-websocket-protocol")) {
                builder.subprotocols(SocketReader.first(headers[i + 1]), SocketReader.others(headers[i + 1]));
            } else {
                builder.header(headers[i], headers[i + 1]);
            }
        }
        reader.socket = builder.buildAsync(
                        URI.create(server.getScheme().replace("http", "ws") + "://" + server.getAuthority() + path),
                        reader)
                .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return reader;
    }

    private static String first(String protocols) {
        return protocols.split(", ")[0];
    }

    private static String[] others(String protocols) {
        String[] all = protocols.split(", ");
        return List.of(all).subList(1, all.length).toArray(String[]::new);
    }

    /** Opens a WebSocket, asserts that the server rejects it, and returns the failure. */
    public static WebSocketHandshakeException refusal(String path, String... headers) throws Exception {
        try (SocketReader reader = open(path, headers)) {
            throw new AssertionError("the WebSocket was opened");
        } catch (ExecutionException e) {
            return (WebSocketHandshakeException) e.getCause();
        }
    }

    public SocketReader send(String text) throws Exception {
        socket.sendText(text, true).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return this;
    }

    public WebSocket socket() {
        return socket;
    }

    public JsonObject next() throws InterruptedException {
        String next = frames.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        assertThat(next).as("the next frame").isNotNull();
        return Api.json(next);
    }

    /** Returns all remaining frames up to the end of the socket. */
    public List<JsonObject> rest() throws InterruptedException {
        assertThat(closed.await(TIMEOUT_SECONDS, TimeUnit.SECONDS))
                .as("the end of the socket; so far " + frames)
                .isTrue();
        var texts = new ArrayList<String>();
        frames.drainTo(texts);
        return texts.stream().map(Api::json).toList();
    }

    /** The text of the chunks among these frames. */
    public static String text(List<JsonObject> frames) {
        return String.join(
                "",
                frames.stream()
                        .filter(frame -> frame.getString("type").equals("chunk"))
                        .map(frame -> frame.getString("content"))
                        .toList());
    }

    public int closeCode() throws InterruptedException {
        assertThat(closed.await(TIMEOUT_SECONDS, TimeUnit.SECONDS))
                .as("the end of the socket")
                .isTrue();
        return code;
    }

    public int pings() {
        return pings.get();
    }

    public String protocol() {
        return socket.getSubprotocol();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
        frame.append(part);
        if (isLast) {
            frames.add(frame.toString());
            frame.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onPing(WebSocket from, ByteBuffer data) {
        pings.incrementAndGet();
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
        code = status;
        closed.countDown();
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        code = 1006;
        closed.countDown();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
