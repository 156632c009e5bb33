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

/** Passes a request on and its answer back, on a thread that may block. */
@ApplicationScoped
class PassThrough {

    private static final Logger LOG = Logger.getLogger(PassThrough.class.getName());
    private static final int BUFFER = 64 << 10;
    /** A text that is edited takes this many times its bytes: before and after, each as bytes and as text. */
    private static final long EDITED = 4;

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

    /** Returns the query of the request as it arrived, without question mark; {@code ""} if there is none. */
    static String query(UriInfo uri) {
        String query = uri.getRequestUri().getRawQuery();
        return query == null ? "" : query;
    }

    /**
     * Answers as Claude did. The call is canceled if the client leaves.
     *
     * @param room for the answer, until the request is over
     */
    void pass(ClaudeRequest request, BodyReservation room, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request, room.waiting());
        threads.execute(() -> answer(response, () -> {
            ClaudeAnswer.Whole answer = called(call, connection, call::cancel).asWhole();
            return built(answer, answer.body());
        }));
    }

    /**
     * Answers with an edited text. If the client leaves, a question is canceled; of a call that changes something at
     * Claude an attempt that was sent comes to its end, and no other is made.
     *
     * @param body is closed when Claude has answered, and also where nothing is sent
     * @param room for the answer, until the request is over
     */
    void pass(
            ClaudeRequest request,
            Closeable body,
            UnaryOperator<String> edit,
            BodyReservation room,
            AsyncResponse response,
            ClientConnection connection) {
        var call = new ClaudeCall(request, room.waiting());
        Consumer<ClaudeException> ifLeft = request.kind().isRead() ? call::cancel : call::cancelUnlessSent;
        try {
            threads.execute(() -> answer(response, () -> {
                try (body) {
                    ClaudeAnswer.Whole answer = called(call, connection, ifLeft).asWhole();
                    room.waiting().atLeast(EDITED * answer.body().length);
                    return built(answer, edit.apply(answer.text()).getBytes(StandardCharsets.UTF_8));
                }
            }));
        } catch (RuntimeException e) {
            close(body);
            throw e;
        }
    }

    /** Calls Claude and waits for the answer, or for the client to leave. */
    private ClaudeAnswer called(ClaudeCall call, ClientConnection connection, Consumer<ClaudeException> ifLeft) {
        try (ClientWatch.Waiting waiting = clients.watch(connection, ifLeft)) {
            ClaudeAnswer answer = client.call(call);
            waiting.requireClient();
            return answer;
        }
    }

    /**
     * A body of any length, as it comes; where it breaks off, the connection does too, because a clean end would be a
     * lie.
     */
    void passThrough(ClaudeRequest request, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request);
        threads.execute(() -> {
            try (ClientWatch.Waiting waiting = clients.watch(connection, call::cancel)) {
                ClaudeAnswer.Download answer = client.call(call).asDownload();
                // Closed here and not in the writing, to which a client that left never comes.
                try (InputStream content = answer.content()) {
                    var built = Response.status(answer.status())
                            .entity((StreamingOutput) out -> copy(content, waiting.untilFirstByte(out), connection));
                    answer.headers().forEach(built::header);
                    response.resume(built.build());
                }
            } catch (IOException | RuntimeException | Error e) {
                response.resume(e);
            }
        });
    }

    /**
     * What {@link #passThrough} would answer, without its body, which JAX-RS would otherwise have written to nobody.
     */
    void passHead(ClaudeRequest request, AsyncResponse response, ClientConnection connection) {
        var call = new ClaudeCall(request);
        threads.execute(() -> answer(response, () -> {
            ClaudeAnswer.Download answer =
                    called(call, connection, call::cancel).asDownload();
            answer.content().close();
            var built = Response.status(answer.status());
            answer.headers().forEach(built::header);
            return built.build();
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
                // There is nobody any more who could take this for a clean end, and nobody to whom an error could be
                // told.
                return -1;
            }
            // Claude's failure and not ours, which is what any other exception would be logged as.
            throw ClaudeException.of(
                            e instanceof SocketTimeoutException ? ErrorType.TIMEOUT : ErrorType.API, e.getMessage())
                    .withCause(e);
        }
    }

    private static Response built(ClaudeAnswer answer, byte[] body) {
        var built = Response.status(answer.status()).entity(body);
        answer.headers().forEach(built::header);
        return built.build();
    }

    private interface Answering {
        Response response() throws IOException;
    }

    private static void answer(AsyncResponse response, Answering answering) {
        try {
            response.resume(answering.response());
        } catch (IOException | RuntimeException | Error e) {
            response.resume(e);
        }
    }

    private static void close(Closeable body) {
        try {
            body.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "A temporary file was left behind", e);
        }
    }
}
