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
    private final List<HeldRequest> heldRequests = new ArrayList<>();
    private final Set<String> concurrentRepeats = new TreeSet<>();
    private Barrier barrier = new Barrier();

    HoldingUpstream() {
        server.otherwise(this::answerTo);
    }

    /** A request whose answer is open until the test releases it or the client leaves. */
    static final class HeldRequest {

        private final String prompt;
        private final ReceivedRequest request;
        private boolean isOpen = true;

        private HeldRequest(ReceivedRequest request) {
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
        var held = new HeldRequest(request);
        if (heldRequests.stream().anyMatch(other -> other.isOpen && other.prompt.equals(held.prompt))) {
            concurrentRepeats.add(held.prompt);
        }
        heldRequests.add(held);
        request.clientGone().thenRun(() -> close(held));
        return Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP);
    }

    private synchronized void close(HeldRequest held) {
        held.isOpen = false;
    }

    /** Ends all open answers. Answers to later requests are held again. */
    synchronized void release() {
        heldRequests.forEach(held -> held.isOpen = false);
        barrier.release();
        barrier = new Barrier();
    }

    /** Ends all open answers, and holds no later ones. */
    synchronized void releaseFromNowOn() {
        release();
        barrier.release();
    }

    /** The requests whose prompt begins with this prefix, oldest first. */
    synchronized List<HeldRequest> heldRequests(String prefix) {
        return heldRequests.stream()
                .filter(held -> held.prompt.startsWith(prefix))
                .toList();
    }

    /** The requests with an open answer whose prompt begins with this prefix, oldest first. */
    synchronized List<HeldRequest> open(String prefix) {
        return heldRequests(prefix).stream().filter(held -> held.isOpen).toList();
    }

    /** Prompts that were sent again while their answer was open. */
    synchronized Set<String> concurrentRepeats() {
        return Set.copyOf(concurrentRepeats);
    }

    URI url() {
        return server.url();
    }

    @Override
    public void close() {
        server.close();
    }
}
