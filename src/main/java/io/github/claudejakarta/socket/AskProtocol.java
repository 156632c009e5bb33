package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.OpenedStream;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.TimedBody;
import java.io.IOException;
import java.io.InputStream;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The messages of one client of {@code /v1/messages/socket}. The first message is the body of a request to Claude. It
 * must arrive within the time and the memory of a body over HTTP. After it, the client may cancel the answer.
 */
final class AskProtocol implements SocketProtocol, Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(AskProtocol.class.getName());

    private enum State {
        ARRIVING,
        ANSWERING,
        REJECTED
    }

    private final Sockets sockets;
    private final SocketClient client;
    private final SocketEntry entry;
    private final Runnable arrived;
    private final BodyReservation memory;
    private final Control control;
    private final MessageBuffer body = new MessageBuffer();

    private State state = State.ARRIVING;
    private volatile TimedBody timed;
    private volatile ClaudeCall call;
    private volatile ClaudeStream stream;

    /**
     * Creates the protocol of one client.
     *
     * @param arrived runs when the question has arrived and is being answered
     */
    AskProtocol(Sockets sockets, SocketClient client, Runnable arrived) {
        this.sockets = sockets;
        this.client = client;
        this.entry = client.entry();
        this.arrived = arrived;
        this.memory = new BodyReservation(sockets.budget());
        this.control = new Control(client, this::cancel);
    }

    @Override
    public void begin() {
        client.onLeft(this::abandon);
        sockets.watchdog().watch(this);
    }

    /** Returns a stream that counts the time in which the server waits for the client. */
    @Override
    public InputStream source(InputStream connection) {
        if (state != State.ARRIVING) {
            return connection;
        }
        if (timed == null) {
            timed = new TimedBody(connection, sockets.bodies().timeout(), sockets.watchdog()::now);
        }
        return timed;
    }

    @Override
    public void check(long now) {
        TimedBody reading = timed;
        if (reading != null && reading.isTooSlow()) {
            client.connection().endInput();
        }
    }

    /** Rejects a message that is too long before it arrives. */
    @Override
    public void announced(long bytes) {
        if (state == State.ARRIVING && bytes > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
    }

    @Override
    public void text(byte[] bytes, int offset, int length, boolean isLast) {
        if (state == State.ANSWERING) {
            control.received(bytes, offset, length, isLast);
        } else if (state == State.ARRIVING) {
            memory.atLeast(body.capacityWith(length));
            body.add(bytes, offset, length);
            if (isLast) {
                memory.atLeast(body.capacity() + body.length());
                byte[] whole = body.join();
                memory.exactly(whole.length);
                ask(whole);
            }
        }
    }

    private void ask(byte[] bytes) {
        client.sendsAllEvents();
        String requested = client.parameter(RecoveryMode.HEADER);
        RecoveryMode ifBroken = RecoveryMode.of(
                requested == null ? entry.recovery() : requested,
                sockets.recovery().ofStreams());
        MessagesBody message = MessagesBody.ofMessages(bytes);
        sockets.limits().admit(entry.caller().name(), true);
        var newCall = new ClaudeCall(
                ClaudeRequest.stream(new BufferedBody(message.streamingBytes(memory::exactly), memory::close))
                        .withHeaders(entry.headers())
                        .withCaller(entry.caller().name())
                        .withModel(message.model())
                        .withRecovery(ifBroken));
        call = newCall;
        entry.run(() -> answer(newCall));
        state = State.ANSWERING;
        arrived();
    }

    private void arrived() {
        sockets.watchdog().forget(this);
        arrived.run();
    }

    private void answer(ClaudeCall newCall) {
        try (OpenedStream opened = sockets.streams().open(newCall)) {
            stream = opened.stream();
            client.send(
                    JsonText.builder()
                            .add("type", "stream")
                            .add("id", stream.id())
                            .build()
                            .toString(),
                    () -> {});
            sockets.serve(client, stream, 0);
        } catch (ClaudeException e) {
            newCall.releaseBody();
            client.reject(e);
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before its answer", e);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.SEVERE, "A request over a socket could not be answered", e);
            newCall.releaseBody();
            client.reject(ClaudeException.of(ErrorType.API, "Internal server error"));
        }
    }

    @Override
    public void failed(ClaudeException why, CloseCode code) {
        if (state == State.ANSWERING) {
            client.reportViolation(why, code);
        } else if (state == State.ARRIVING) {
            state = State.REJECTED;
            sockets.watchdog().forget(this);
            body.clear();
            memory.close();
            entry.leave();
            client.reject(why, code);
        }
    }

    /** Cancels the stream, or the call if Claude has not answered yet. */
    private void cancel() {
        ClaudeStream running = stream;
        ClaudeCall newCall = call;
        if (running != null) {
            running.cancel();
        } else if (newCall != null) {
            newCall.cancel();
        }
    }

    @Override
    public void end() {
        body.clear();
        client.left();
    }

    /** Releases everything if the client leaves before its stream exists. Later the stream's subscription does this. */
    private void abandon() {
        sockets.watchdog().forget(this);
        entry.leave();
        memory.close();
        ClaudeCall newCall = call;
        if (newCall != null && stream == null) {
            newCall.cancel();
        }
    }
}
