package io.github.claudejakarta.upstream;

/** Chooses the answer to a request. Called on the thread of the connection. */
@FunctionalInterface
public interface Dispatcher {

    Script answerTo(ReceivedRequest request);
}
