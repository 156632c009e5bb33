package io.github.claudejakarta.gateway;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.server.ClientConnection;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.ClientWatch;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import jakarta.ws.rs.core.UriInfo;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Forwards a request to Claude and its answer to the client, on a thread that may block. */
@ApplicationScoped
class PassThrough {

    private static final Logger LOG = Logger.getLogger(PassThrough.class.getName());
    private static final int BUFFER = 64 << 10;
    /**
     * The memory of an edited text, as a multiple of its bytes: before and after the edit, each as bytes and as text.
     */
    private static final long EDIT_FACTOR = 4;

    @Inject
    private ClaudeClient client;

    @Inject
    private WorkerThreads threads;

    @Inject
    private ClientWatch clients;

    /** Returns a segment of the path below {@code /v1}, counted from 0, as it arrived. */
    static String segment(UriInfo uri, int index) {
        return uri.getPath(false).replaceFirst("^/", "").split("/")[index];
    }

    /** Returns the query of the request as it arrived, without question mark; {@code ""} without a query. */
    static String query(UriInfo uri) {
        String query = uri.getRequestUri().getRawQuery();
        return query == null ? "" : query;
    }

    /**
     * Forwards a request, and returns Claude's answer unchanged. If the client leaves, the call is canceled.
     *
     * @param memory reserved for the answer, until the request ends
     */
    void forward(ClaudeRequest request, BodyReservation memory, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request, memory.waiting());
        threads.execute(() -> answer(response, () -> {
            ClaudeAnswer.Whole answer =
                    awaitAnswer(call, connection, call::cancel).asWhole();
            return response(answer, answer.body());
        }));
    }

    /**
     * Forwards a request, and returns Claude's answer with an edited text. If the client leaves, a read is canceled. A
     * call that changes something at Claude is completed if it was sent, and is not retried.
     *
     * @param body closed when Claude has answered, and also if nothing is sent
     * @param memory reserved for the answer, until the request ends
     */
    void forward(
            ClaudeRequest request,
            Closeable body,
            UnaryOperator<String> edit,
            BodyReservation memory,
            AsyncResponse response,
            ClientConnection connection) {
        var call = new ClaudeCall(request, memory.waiting());
        Consumer<ClaudeException> onLeave = request.kind().isRead() ? call::cancel : call::cancelUnlessSent;
        try {
            threads.execute(() -> answer(response, () -> {
                try (body) {
                    ClaudeAnswer.Whole answer =
                            awaitAnswer(call, connection, onLeave).asWhole();
                    memory.waiting().atLeast(EDIT_FACTOR * answer.body().length);
                    return response(answer, edit.apply(answer.text()).getBytes(StandardCharsets.UTF_8));
                }
            }));
        } catch (RuntimeException e) {
            close(body);
            throw e;
        }
    }

    /** Calls Claude and waits until the answer arrives or the client leaves. */
    private ClaudeAnswer awaitAnswer(ClaudeCall call, ClientConnection connection, Consumer<ClaudeException> onLeave) {
        try (ClientWatch.Waiting waiting = clients.watch(connection, onLeave)) {
            ClaudeAnswer answer = client.call(call);
            waiting.requireClient();
            return answer;
        }
    }

    /**
     * Forwards a request, and streams the answer's body, of any length, to the client. If the body breaks off, the
     * connection is closed too, because a clean end would claim that the body is complete.
     */
    void forwardDownload(ClaudeRequest request, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request);
        threads.execute(() -> {
            try (ClientWatch.Waiting waiting = clients.watch(connection, call::cancel)) {
                ClaudeAnswer.Download answer = client.call(call).asDownload();
                // Closed here, because the writing does not start if the client has left.
                try (InputStream content = answer.content()) {
                    var builder = Response.status(answer.status())
                            .entity((StreamingOutput) out -> copy(content, waiting.untilFirstByte(out), connection));
                    answer.headers().forEach(builder::header);
                    response.resume(builder.build());
                }
            } catch (IOException | RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /**
     * Forwards a {@code HEAD} request: the answer has the status and headers of {@link #forwardDownload} without the
     * body. JAX-RS would otherwise read the whole body and discard it.
     */
    void forwardHead(ClaudeRequest request, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request);
        threads.execute(() -> answer(response, () -> {
            ClaudeAnswer.Download answer =
                    awaitAnswer(call, connection, call::cancel).asDownload();
            answer.content().close();
            var builder = Response.status(answer.status());
            answer.headers().forEach(builder::header);
            return builder.build();
        }));
    }

    private static void copy(InputStream content, OutputStream out, ClientConnection connection) throws IOException {
        var buffer = new byte[BUFFER];
        for (int count = read(content, buffer, connection); count >= 0; count = read(content, buffer, connection)) {
            out.write(buffer, 0, count);
        }
    }

    private static int read(InputStream content, byte[] buffer, ClientConnection connection) throws IOException {
        try {
            return content.read(buffer);
        } catch (IOException e) {
            LOG.info(() -> "A download ended early: " + e.getMessage());
            if (connection.cut()) {
                // The client is gone: it can neither mistake this for a clean end nor receive an error.
                return -1;
            }
            // This is Claude's failure. Any other exception would be logged as a failure of this server.
            throw ClaudeException.of(
                            e instanceof SocketTimeoutException ? ErrorType.TIMEOUT : ErrorType.API, e.getMessage())
                    .withCause(e);
        }
    }

    private static Response response(ClaudeAnswer answer, byte[] body) {
        var response = Response.status(answer.status()).entity(body);
        answer.headers().forEach(response::header);
        return response.build();
    }

    private interface ResponseSource {
        Response response() throws IOException;
    }

    private static void answer(AsyncResponse response, ResponseSource source) {
        try {
            response.resume(source.response());
        } catch (IOException | RuntimeException | Error e) {
            response.resume(e);
        }
    }

    private static void close(Closeable body) {
        try {
            body.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "Could not delete a temporary file", e);
        }
    }
}
