package io.github.claudejakarta.app;

import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * Finds the server's thread factories: those of {@code server.xml}, and on a server without them, or on a Java without
 * virtual threads, the next best.
 */
final class ServerThreads {

    private static final Logger LOG = Logger.getLogger(ServerThreads.class.getName());
    private static final String PLATFORM = "concurrent/claude-platform";
    private static final String VIRTUAL = "concurrent/claude-virtual";
    private static final String DEFAULT = "java:comp/DefaultManagedThreadFactory";

    private ServerThreads() {}

    static ThreadFactory factory(Settings.Threads wanted) {
        List<String> names =
                wanted == Settings.Threads.VIRTUAL ? List.of(VIRTUAL, PLATFORM, DEFAULT) : List.of(PLATFORM, DEFAULT);
        for (String name : names) {
            try {
                ThreadFactory factory = InitialContext.doLookup(name);
                LOG.info("Streams run on threads of " + name);
                return factory;
            } catch (NamingException e) {
                LOG.info("There is no " + name + " here: " + e.getMessage());
            }
        }
        throw new IllegalStateException(
                "The server has none of the thread factories " + names + "; it needs the feature concurrent-3.0");
    }
}
