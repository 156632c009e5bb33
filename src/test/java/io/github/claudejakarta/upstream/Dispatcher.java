package io.github.claudejakarta.upstream;

/** Chooses the answer to a request. Called on the connection's own thread. */
@FunctionalInterface
public interface Dispatcher {

    Script answerTo(ReceivedRequest request);
}
