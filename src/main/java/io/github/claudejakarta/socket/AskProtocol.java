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
 * What one client of {@code /v1/messages/socket} asks: its first message is the body, which has to arrive within the
 * time and the memory that a body over HTTP has; after that it may cancel the answer.
 */
final class AskProtocol implements SocketProtocol, Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(AskProtocol.class.getName());

    private enum State {
        ARRIVING,
        ASKED,
        REFUSED
    }

    private final Sockets sockets;
    private final SocketClient client;
    private final SocketEntry entry;
    private final Runnable arrived;
    private final BodyReservation room;
    private final Control control;
    private final MessageBuffer body = new MessageBuffer();

    private State state = State.ARRIVING;
    private volatile TimedBody timed;
    private volatile ClaudeCall call;
    private volatile ClaudeStream stream;

    /** @param arrived runs when the question has arrived and is being answered */
    AskProtocol(Sockets sockets, SocketClient client, Runnable arrived) {
        this.sockets = sockets;
        this.client = client;
        this.entry = client.entry();
        this.arrived = arrived;
        this.room = new BodyReservation(sockets.budget());
        this.control = new Control(client, this::cancel);
    }

    @Override
    public void begin() {
        client.onLeft(this::giveUp);
        sockets.watchdog().watch(this);
    }

    /** Only time in which this server waited for the client counts. */
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

    /** A message that is too long is refused before it arrives. */
    @Override
    public void announced(long bytes) {
        if (state == State.ARRIVING && bytes > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
    }

    @Override
    public void text(byte[] bytes, int offset, int length, boolean isLast) {
        if (state == State.ASKED) {
            control.received(bytes, offset, length, isLast);
        } else if (state == State.ARRIVING) {
            room.atLeast(body.capacityWith(length));
            body.add(bytes, offset, length);
            if (isLast) {
                room.atLeast(body.capacity() + body.length());
                byte[] whole = body.join();
                room.exactly(whole.length);
                ask(whole);
            }
        }
    }

    private void ask(byte[] bytes) {
        client.wantsEveryEvent();
        String asked = client.parameter(RecoveryMode.HEADER);
        RecoveryMode ifBroken = RecoveryMode.of(
                asked == null ? entry.recovery() : asked, sockets.recovery().ofStreams());
        MessagesBody message = MessagesBody.ofMessages(bytes);
        sockets.limits().admit(entry.caller().name(), true);
        var asking = new ClaudeCall(
                ClaudeRequest.stream(new BufferedBody(message.streamingBytes(room::exactly), room::close))
                        .withHeaders(entry.headers())
                        .withCaller(entry.caller().name())
                        .withModel(message.model())
                        .withRecovery(ifBroken));
        call = asking;
        entry.run(() -> answer(asking));
        state = State.ASKED;
        arrived();
    }

    private void arrived() {
        sockets.watchdog().forget(this);
        arrived.run();
    }

    private void answer(ClaudeCall asking) {
        try (OpenedStream opened = sockets.streams().open(asking)) {
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
            asking.forgetBody();
            client.refuse(e);
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before its answer", e);
        } catch (RuntimeException | Error e) {
            LOG.log(Level.SEVERE, "A question could not be answered", e);
            asking.forgetBody();
            client.refuse(ClaudeException.of(ErrorType.API, "Internal server error"));
        }
    }

    @Override
    public void failed(ClaudeException why, CloseCode code) {
        if (state == State.ASKED) {
            client.violated(why, code);
        } else if (state == State.ARRIVING) {
            state = State.REFUSED;
            sockets.watchdog().forget(this);
            body.forget();
            room.close();
            entry.leave();
            client.refuse(why, code);
        }
    }

    /** Cancels the stream; before Claude has answered, the call. */
    private void cancel() {
        ClaudeStream running = stream;
        ClaudeCall asking = call;
        if (running != null) {
            running.cancel();
        } else if (asking != null) {
            asking.cancel();
        }
    }

    @Override
    public void end() {
        body.forget();
        client.left();
    }

    /** The client has left before its stream was there; later the stream's subscription handles it. */
    private void giveUp() {
        sockets.watchdog().forget(this);
        entry.leave();
        room.close();
        ClaudeCall asking = call;
        if (asking != null && stream == null) {
            asking.cancel();
        }
    }
}
