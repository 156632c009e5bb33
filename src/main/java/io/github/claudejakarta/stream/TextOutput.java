package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.TextPieces;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * The text alone, for a person with {@code curl -N} or a caller that knows nothing of events. An error is a last line
 * of its own, in Anthropic's shape, so that half an answer is not taken for a whole; there is no room for signs of
 * life.
 *
 * <p>A character whose halves are in two events is written with the second. A half that stays alone is written as
 * U+FFFD.
 */
final class TextOutput implements StreamOutput {

    private final OutputStream out;
    private final TextPieces pieces;
    private final Consumer<Runnable> ifLeft;
    private Runnable progress = () -> {};

    /**
     * Creates an output.
     *
     * @param pieces with the text before that is still waiting
     * @param ifLeft is given what to run if the client is found to have left
     */
    TextOutput(OutputStream out, TextPieces pieces, Consumer<Runnable> ifLeft) {
        this.out = out;
        this.pieces = pieces;
        this.ifLeft = ifLeft;
    }

    @Override
    public void onLeft(Runnable leave) {
        ifLeft.accept(leave);
    }

    @Override
    public void onProgress(Runnable whenTaken) {
        progress = whenTaken;
    }

    @Override
    public void write(EventRun events) throws IOException {
        for (ServerSentEvent event : events.events()) {
            StreamEvent typed = StreamEvent.of(event.name(), event.data());
            if (typed instanceof StreamEvent.ContentBlockDelta delta
                    && delta.delta() instanceof ContentDelta.TextDelta text) {
                text(pieces.next(text.text()));
                progress.run();
            } else if (typed instanceof StreamEvent.MessageStop) {
                text(pieces.rest());
            } else if (typed instanceof StreamEvent.Error error) {
                end(error.exception());
            }
        }
        out.flush();
    }

    private void text(String piece) throws IOException {
        out.write(Surrogates.replaced(piece).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void heartbeat() {
        // every byte would be part of the text
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        text(pieces.rest() + "\n" + why.body() + "\n");
        out.flush();
    }
}
