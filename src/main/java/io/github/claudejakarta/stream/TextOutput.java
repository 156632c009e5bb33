package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * The text alone, for a person with {@code curl -N} or a caller that knows nothing of events. An error is a last line of its
 * own, in Anthropic's shape, so that half an answer is not taken for a whole; there is no room for signs of life.
 */
final class TextOutput implements StreamOutput {

    private final OutputStream out;
    private Runnable progress = () -> { };

    TextOutput(OutputStream out) {
        this.out = out;
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
                out.write(text.text().getBytes(StandardCharsets.UTF_8));
                progress.run();
            } else if (typed instanceof StreamEvent.Error error) {
                end(error.exception());
            }
        }
        out.flush();
    }

    @Override
    public void heartbeat() {
        // every byte would be part of the text
    }

    @Override
    public void end(ClaudeException why) throws IOException {
        out.write(("\n" + why.body() + "\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
