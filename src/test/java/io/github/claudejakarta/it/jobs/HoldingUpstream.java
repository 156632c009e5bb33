package io.github.claudejakarta.it.jobs;

import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * An upstream that begins each answer, and ends it when the test releases it. Records prompts that are sent a second
 * time while their answer is still open. Prompts are names.
 */
final class HoldingUpstream implements AutoCloseable {

    private final ScriptedUpstream server = ScriptedUpstream.start();
    private final List<Question> questions = new ArrayList<>();
    private final Set<String> doubled = new TreeSet<>();
    private Barrier barrier = new Barrier();

    HoldingUpstream() {
        server.otherwise(this::answerTo);
    }

    /** A request whose answer is open until the test releases it or the client leaves. */
    static final class Question {

        private final String prompt;
        private final ReceivedRequest request;
        private boolean isOpen = true;

        private Question(ReceivedRequest request) {
            this.request = request;
            this.prompt =
                    request.json().getJsonArray("messages").getJsonObject(0).getString("content");
        }

        /** The API key of the request. */
        String key() {
            return request.header("x-api-key").orElseThrow();
        }

        ReceivedRequest request() {
            return request;
        }
    }

    private synchronized Script answerTo(ReceivedRequest request) {
        var question = new Question(request);
        if (questions.stream().anyMatch(other -> other.isOpen && other.prompt.equals(question.prompt))) {
            doubled.add(question.prompt);
        }
        questions.add(question);
        request.clientGone().thenRun(() -> close(question));
        return Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP);
    }

    private synchronized void close(Question question) {
        question.isOpen = false;
    }

    /** Ends all open answers. Answers to later requests are held again. */
    synchronized void release() {
        questions.forEach(question -> question.isOpen = false);
        barrier.release();
        barrier = new Barrier();
    }

    /** Ends all open answers, and holds no later ones. */
    synchronized void releaseFromNowOn() {
        release();
        barrier.release();
    }

    /** The requests whose prompt begins with this prefix, oldest first. */
    synchronized List<Question> questions(String prefix) {
        return questions.stream()
                .filter(question -> question.prompt.startsWith(prefix))
                .toList();
    }

    /** The requests with an open answer whose prompt begins with this prefix, oldest first. */
    synchronized List<Question> open(String prefix) {
        return questions(prefix).stream().filter(question -> question.isOpen).toList();
    }

    /** Prompts that were sent again while their answer was open. */
    synchronized Set<String> doubled() {
        return Set.copyOf(doubled);
    }

    URI url() {
        return server.url();
    }

    @Override
    public void close() {
        server.close();
    }
}
