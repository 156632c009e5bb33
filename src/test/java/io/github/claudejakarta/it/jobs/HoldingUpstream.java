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
 * A Claude that begins each answer and ends it when it is told to, and notes who asks the same twice at the same time.
 * Prompts are names.
 */
final class HoldingUpstream implements AutoCloseable {

    private final ScriptedUpstream server = ScriptedUpstream.start();
    private final List<Question> questions = new ArrayList<>();
    private final Set<String> doubled = new TreeSet<>();
    private Barrier barrier = new Barrier();

    HoldingUpstream() {
        server.otherwise(this::answerTo);
    }

    /** A question that is being answered, until the answer ends or who has asked leaves. */
    static final class Question {

        private final String prompt;
        private final ReceivedRequest request;
        private boolean isOpen = true;

        private Question(ReceivedRequest request) {
            this.request = request;
            this.prompt =
                    request.json().getJsonArray("messages").getJsonObject(0).getString("content");
        }

        /** Who asks. */
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

    /** Ends all answers that have begun; those of questions that come later are held again. */
    synchronized void release() {
        questions.forEach(question -> question.isOpen = false);
        barrier.release();
        barrier = new Barrier();
    }

    /** Holds nothing back any more. */
    synchronized void releaseFromNowOn() {
        release();
        barrier.release();
    }

    /** Those with a prompt that begins so, oldest first. */
    synchronized List<Question> questions(String prefix) {
        return questions.stream()
                .filter(question -> question.prompt.startsWith(prefix))
                .toList();
    }

    /** The same, of those that are being answered. */
    synchronized List<Question> open(String prefix) {
        return questions(prefix).stream().filter(question -> question.isOpen).toList();
    }

    /** Prompts that were asked again while they were being answered. */
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
