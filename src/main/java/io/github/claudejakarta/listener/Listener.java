package io.github.claudejakarta.listener;

/**
 * Receives the end of an object, such as a job or a batch.
 *
 * @param <T> type of the object that ended
 */
@FunctionalInterface
public interface Listener<T> {

    void onEnd(T ended) throws Exception;
}
