package io.github.claudejakarta.listener;

/**
 * A listener of the application's.
 *
 * @param <T> what has ended
 */
@FunctionalInterface
public interface Listener<T> {

    void onEnd(T ended) throws Exception;
}
