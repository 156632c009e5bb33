package io.github.claudejakarta.socket;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.MessagesBody;
import io.github.claudejakarta.claude.http.Watchdog;
import io.github.claudejakarta.recovery.RecoveryMode;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.OpenedStream;
import io.github.claudejakarta.web.BodyRoom;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What one client of {@code /v1/messages/socket} asks: its first message is the body, which has to come within the time and the memory that a
 * body over HTTP has; after that it may call the answer off.
 */
final class Question implements Watchdog.Watched {

    private static final Logger LOG = Logger.getLogger(Question.class.getName());
    private static final int TIMEOUT = 408;
    /** As slowly as a long body over HTTP may come. */
    private static final long BYTES_A_SECOND = 10_000;

    private final Sockets sockets;
    private final SocketClient client;
    private final SocketEntry entry;
    private final BodyRoom room;
    private final Control control;
    private final long began;

    private ByteArrayOutputStream body = new ByteArrayOutputStream();
    /** The first half of a character that was cut in two. */
    private String cut = "";
    private volatile long received;
    private final AtomicBoolean isComplete = new AtomicBoolean();
    private volatile ClaudeCall call;
    private volatile ClaudeStream stream;

    Question(Sockets sockets, SocketClient client) {
        this.sockets = sockets;
        this.client = client;
        this.entry = client.entry();
        this.room = new BodyRoom(sockets.budget());
        this.control = new Control(client, this::cancel);
        this.began = sockets.watchdog().now();
        sockets.watchdog().watch(this);
        client.onLeft(this::giveUp);
    }

    void received(String part, boolean isLast) {
        if (isComplete.get()) {
            control.received(part, isLast);
            return;
        }
        try {
            collect(part, isLast);
            if (isLast && completes()) {
                byte[] bytes = body.toByteArray();
                body = null;
                ask(bytes);
            }
        } catch (ClaudeException e) {
            completes();
            refuse(e);
        } catch (RuntimeException e) {
            LOG.log(Level.SEVERE, "A question could not be asked", e);
            completes();
            refuse(ClaudeException.of(ErrorType.API, "Internal server error"));
        }
    }

    /** A message that is not text. */
    void receivedBinary() {
        ClaudeException why = ClaudeException.of(ErrorType.INVALID_REQUEST, "Messages have to be text");
        if (completes()) {
            refuse(why);
        } else {
            client.violated(why);
        }
    }

    /** Whether it is not complete, nor given up, so far. */
    private boolean completes() {
        sockets.watchdog().forget(this);
        return isComplete.compareAndSet(false, true);
    }

    private void collect(String part, boolean isLast) {
        String text = cut + part;
        boolean isCut = !isLast && !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
        cut = isCut ? text.substring(text.length() - 1) : "";
        byte[] bytes = text.substring(0, text.length() - cut.length()).getBytes(StandardCharsets.UTF_8);
        received += bytes.length;
        if (received > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
        room.atLeast(received);
        body.writeBytes(bytes);
    }

    private void ask(byte[] bytes) {
        client.wantsEveryEvent();
        String asked = client.parameter(RecoveryMode.HEADER);
        RecoveryMode ifBroken = RecoveryMode.of(asked == null ? entry.recovery() : asked, sockets.recovery().ofStreams());
        MessagesBody message = MessagesBody.ofMessages(bytes);
        sockets.limits().admit(entry.caller().name(), true);
        ClaudeCall asking = ClaudeCall.stream("/v1/messages", entry.headers(), message.streamingBytes(room))
            .by(entry.caller().name()).of(message.model()).whenBodyIsForgotten(room::giveBack);
        call = asking;
        entry.run(() -> answer(asking, ifBroken));
    }

    private void answer(ClaudeCall asking, RecoveryMode ifBroken) {
        try (OpenedStream opened = sockets.streams().open(asking, ifBroken)) {
            stream = opened.stream();
            client.send(JsonText.builder().add("type", "stream").add("id", stream.id()).build().toString());
            sockets.serve(client, stream, 0);
        } catch (ClaudeException e) {
            asking.forgetBody();
            client.refuse(client.violation().orElse(e));
        } catch (IOException e) {
            LOG.log(Level.FINE, "A client left before its answer", e);
        } catch (RuntimeException e) {
            LOG.log(Level.SEVERE, "A question could not be answered", e);
            asking.forgetBody();
            client.refuse(ClaudeException.of(ErrorType.API, "Internal server error"));
        }
    }

    private void refuse(ClaudeException why) {
        entry.leave();
        body = new ByteArrayOutputStream(0);
        room.giveBack();
        client.refuse(why);
    }

    /** Before Claude has answered the call is what there is to call off. */
    private void cancel() {
        ClaudeStream running = stream;
        ClaudeCall asking = call;
        if (running != null) {
            running.cancel();
        } else if (asking != null) {
            asking.cancel();
        }
    }

    void left() {
        client.left();
    }

    /** The client has left before its stream was there; later it is the stream's to know. */
    private void giveUp() {
        sockets.watchdog().forget(this);
        entry.leave();
        room.giveBack();
        ClaudeCall asking = call;
        if (asking != null && stream == null) {
            asking.cancel();
        }
    }

    @Override
    public void check(long now) {
        Duration allowed = sockets.bodies().timeout().plusSeconds(received / BYTES_A_SECOND);
        if (now - began > allowed.toNanos() && completes()) {
            var late = ClaudeException.of(TIMEOUT, ErrorType.TIMEOUT,
                "The first message, which is the request, did not come within " + allowed.toSeconds() + " s");
            try {
                // Not here: sending may block.
                sockets.threads().execute(() -> refuse(late));
            } catch (ClaudeException e) {
                client.cut();
            }
        }
    }
}
