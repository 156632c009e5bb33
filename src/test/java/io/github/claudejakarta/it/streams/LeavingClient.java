package io.github.claudejakarta.it.streams;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.upstream.TrustingTls;
import java.io.IOException;
import java.net.Socket;
import javax.net.ssl.SSLSocket;

/** A client that sends a request and leaves before it gets an answer, in one of the ways in which clients leave. */
final class LeavingClient {

    private static final int HTTPS_PORT = Integer.getInteger("it.https.port");

    private final Socket tcp;
    private final Way way;
    private final SSLSocket secured;
    private final RawClient client;

    /** A way to leave. */
    enum Way {
        /** Closes the connection: FIN. */
        CLOSES,
        /** Is killed, or has unread bytes: RST. */
        RESETS,
        /** Closes its sending side and waits for the answer, like {@code nc -N}: FIN. */
        CLOSES_ITS_HALF,
        /**
         * Closes after it sent bytes that the server does not read, such as the line end that some clients send after a
         * body.
         */
        CLOSES_AFTER_A_LINE_END,
        /** Over TLS: {@code close_notify}, FIN. */
        CLOSES_TLS,
        /** Over TLS: FIN only. */
        CLOSES_BENEATH_TLS,
        /** Over TLS: RST. */
        RESETS_BENEATH_TLS;

        private boolean isOverTls() {
            return this == CLOSES_TLS || this == CLOSES_BENEATH_TLS || this == RESETS_BENEATH_TLS;
        }
    }

    LeavingClient(Way way) throws Exception {
        this(way, Api.SERVER.getPort());
    }

    /** @param port the port of plain HTTP, for ways without TLS */
    LeavingClient(Way way, int port) throws Exception {
        this.way = way;
        this.tcp = new Socket("localhost", way.isOverTls() ? HTTPS_PORT : port);
        this.secured = way.isOverTls()
                ? (SSLSocket) TrustingTls.context().getSocketFactory().createSocket(tcp, "localhost", HTTPS_PORT, true)
                : null;
        this.client = RawClient.over(secured == null ? tcp : secured);
    }

    LeavingClient request(String method, String path, String body, String... headers) throws IOException {
        client.request(method, path, body, headers);
        return this;
    }

    void leave() throws IOException {
        switch (way) {
            case CLOSES, CLOSES_BENEATH_TLS -> tcp.close();
            case CLOSES_ITS_HALF -> tcp.shutdownOutput();
            case CLOSES_AFTER_A_LINE_END -> {
                client.write("\r\n".getBytes(US_ASCII));
                tcp.close();
            }
            case CLOSES_TLS -> secured.close();
            case RESETS, RESETS_BENEATH_TLS -> {
                tcp.setSoLinger(true, 0);
                tcp.close();
            }
            default -> throw new IllegalStateException(way.toString());
        }
    }
}
