package io.github.claudejakarta.it.callers;

import io.github.claudejakarta.runtime.Ticker;
import io.github.claudejakarta.web.Internal;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The application's clock and ticker inside the server. A test moves both with {@code POST /clock?by=PT1M}; otherwise
 * they do not advance. With {@code &only=wall} only the clock moves, as when an administrator sets it.
 */
@Alternative
@Priority(1)
@ApplicationScoped
public class MovableClock {

    static final Instant BEGIN = Instant.parse("2026-11-26T12:00:00Z");

    private static final AtomicReference<Instant> NOW = new AtomicReference<>(BEGIN);

    private static final AtomicLong TICKS = new AtomicLong();

    @Produces
    @Singleton
    Ticker ticker() {
        return TICKS::get;
    }

    @Produces
    @Singleton
    @Internal
    Clock clock() {
        return new Clock() {

            @Override
            public Instant instant() {
                return NOW.get();
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
    }

    /** The servlet that moves the clock. */
    @WebServlet("/clock")
    public static class Hand extends HttpServlet {

        private static final long serialVersionUID = 1;

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) {
            Duration by = Duration.parse(request.getParameter("by"));
            NOW.updateAndGet(now -> now.plus(by));
            if (!"wall".equals(request.getParameter("only"))) {
                TICKS.addAndGet(by.toNanos());
            }
        }
    }
}
