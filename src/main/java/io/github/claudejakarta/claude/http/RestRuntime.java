package io.github.claudejakarta.claude.http;

import jakarta.ws.rs.ext.RuntimeDelegate;
import org.glassfish.jersey.internal.RuntimeDelegateImpl;

/**
 * The implementation of Jakarta REST that writes and reads headers: the server's. Outside a server there may be none,
 * because the classes jar does not offer Jersey as a service, which would make it the implementation of the
 * application; then it is Jersey.
 */
final class RestRuntime {

    private RestRuntime() {}

    /** Makes sure that there is one. */
    static synchronized void require() {
        try {
            RuntimeDelegate.getInstance();
        } catch (RuntimeException | LinkageError e) {
            // Nobody has one: it is looked for by names of classes.
            RuntimeDelegate.setInstance(new RuntimeDelegateImpl());
        }
    }
}
