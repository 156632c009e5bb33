package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Writes the text only, for a person with {@code curl -N} or a caller that does not parse events. An error is a last
 * line of its own, in Anthropic's format, so that an incomplete answer does not look complete. Plain text has no
 * heartbeats.
 *
 * <p>If two events split a character, it is written with the second event. An unpaired half is written as U+FFFD.
 */
final class TextOutput implements StreamOutput {

    private final OutputStream out;
    private final StreamText text = new StreamText();
    private final Consumer<Runnable> ifLeft;
    private Runnable progress = () -> {};

    /**
     * Creates an output.
     *
     * @param ifLeft gets the action to run when the client has left
     */
    TextOutput(OutputStream out, Consumer<Runnable> ifLeft) {
        this.out = out;
        this.ifLeft = ifLeft;
    }

    @Override
    public void begin(List<ServerSentEvent> before) throws IOException {
        text.skip(before);
        // RESTEasy's first flush commits the response and sends nothing. Without another flush, the first event would
        // wait for the next.
        out.flush();
    }

    @Override
    public void onLeft(Runnable leave) {
        ifLeft.accept(leave);
    }

    @Override
    public void onProgress(Runnable onProgress) {
        progress = onProgress;
    }

    @Override
    public void write(EventRun events) throws IOException {
        for (ServerSentEvent event : events.events()) {
            StreamEvent typed = StreamEvent.of(event.name(), event.data());
            Optional<String> piece = text.next(typed);
            if (piece.isPresent()) {
                write(piece.get());
                progress.run();
            } else if (typed instanceof StreamEvent.MessageStop) {
                write(text.rest());
            } else if (typed instanceof StreamEvent.Error error) {
                end(error.exception());
            }
        }
        out.flush();
    }

    private void write(String piece) throws IOException {
        out.write(Surrogates.replaced(piece).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void heartbeat() {
        // no heartbeat: every byte would be part of the text
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        write(text.rest() + "\n" + why.body() + "\n");
        out.flush();
    }
}
