package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class ReportingThreadsTest {

    private final Logger log = Logger.getLogger(ReportingThreads.class.getName());
    private final AtomicReference<Throwable> uncaught = new AtomicReference<>();

    @Test
    void anErrorThatEndsAThreadIsInTheLog() throws Exception {
        var logged = new AtomicReference<LogRecord>();
        var handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.set(record);
            }

            @Override
            public void flush() {
                // nothing is buffered
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        var error = new NoSuchMethodError("made by the test");
        log.addHandler(handler);
        log.setUseParentHandlers(false);
        try {
            run(() -> {
                throw error;
            });
        } finally {
            log.removeHandler(handler);
            log.setUseParentHandlers(true);
        }

        assertThat(uncaught).hasNullValue();
        assertThat(logged.get().getLevel()).isEqualTo(Level.SEVERE);
        assertThat(logged.get().getThrown()).isSameAs(error);
        assertThat(logged.get().getMessage()).contains("claude-test");
    }

    @Test
    void aFailureOfTheLogIsNotThrown() throws Exception {
        log.setFilter(record -> {
            throw new OutOfMemoryError("made by the test");
        });
        try {
            run(() -> {
                throw new NoSuchMethodError("made by the test");
            });
        } finally {
            log.setFilter(null);
        }

        assertThat(uncaught).hasNullValue();
    }

    private void run(Runnable work) throws InterruptedException {
        Thread thread = new ReportingThreads(Thread::new).newThread(work);
        thread.setName("claude-test");
        thread.setUncaughtExceptionHandler((of, failure) -> uncaught.set(failure));
        thread.start();
        thread.join();
    }
}
