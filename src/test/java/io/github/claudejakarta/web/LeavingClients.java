package io.github.claudejakarta.web;

import io.github.claudejakarta.runtime.Watchdog;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** Clients that leave when the test decides: all together, with any connection. */
public final class LeavingClients {

    private final AtomicBoolean haveLeft = new AtomicBoolean();

    /** Returns a watch that checks at each tick of a watchdog whose clock moves. */
    public ClientWatch watch(Watchdog watchdog) {
        return new ClientWatch(Duration.ofNanos(3), watchdog, connections -> haveLeft.get() ? connections : Set.of());
    }

    /** All clients have left. */
    public void leave() {
        haveLeft.set(true);
    }
}
