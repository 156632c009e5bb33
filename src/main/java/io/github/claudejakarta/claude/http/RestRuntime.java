package io.github.claudejakarta.claude.http;

import jakarta.ws.rs.ext.RuntimeDelegate;
import org.glassfish.jersey.internal.RuntimeDelegateImpl;

/**
 * The implementation of Jakarta REST that writes and reads headers. In a server it is the server's implementation.
 * Without a server it may be absent, because the classes jar does not register Jersey as a service: Jersey would become
 * the implementation for the whole application. In that case this class sets Jersey.
 */
final class RestRuntime {

    private RestRuntime() {}

    /** Ensures that an implementation is present. */
    static synchronized void require() {
        try {
            RuntimeDelegate.getInstance();
        } catch (RuntimeException | LinkageError e) {
            // No implementation was found: JAX-RS looks for it by class names.
            RuntimeDelegate.setInstance(new RuntimeDelegateImpl());
        }
    }
}
