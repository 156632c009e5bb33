package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ObserversTest {

    private final List<String> received = new ArrayList<>();
    private final List<LogRecord> log = new ArrayList<>();
    private final CompletableFuture<Object> asynchronous = new CompletableFuture<>();
    private Throwable failure;
    private boolean isAsyncFailing;
    private final Logger logger = Logger.getLogger(Observers.class.getName());
    private final Handler handler = new Handler() {

        @Override
        public void publish(LogRecord line) {
            log.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    @Test
    void observersOfBothKindsAreNotified() {
        observers().fire("end", "job_1");

        assertThat(received).containsExactly("fireAsync end", "fire end");
        assertThat(log).isEmpty();
    }

    static List<Throwable> failures() {
        return List.of(new IllegalStateException("mine"), new NoClassDefFoundError("mine"), new AssertionError("mine"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureIsLoggedAndNotThrown(Throwable thrown) {
        failure = thrown;

        observers().fire("end", "job_1");

        assertThat(log).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.WARNING);
            assertThat(line.getMessage()).isEqualTo("An observer of String of job_1 failed");
            assertThat(line.getThrown()).isSameAs(failure);
        });
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureToNotifyAsynchronousObserversIsLoggedAndNotThrown(Throwable thrown) {
        failure = thrown;
        isAsyncFailing = true;

        observers().fireAsync("end", "job_1");

        assertThat(log)
                .singleElement()
                .satisfies(line -> assertThat(line.getThrown()).isSameAs(failure));
    }

    @Test
    void aFailureOfAnAsynchronousObserverIsLogged() {
        observers().fire("end", "job_1");
        var late = new IllegalStateException("mine");

        asynchronous.completeExceptionally(late);

        assertThat(log)
                .singleElement()
                .satisfies(line -> assertThat(line.getThrown()).isSameAs(late));
    }

    @SuppressWarnings("unchecked")
    private Observers<String> observers() {
        return new Observers<>((Event<String>) Proxy.newProxyInstance(
                ObserversTest.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, arguments) -> {
                    received.add(method.getName() + " " + arguments[0]);
                    if (method.getName().equals("fireAsync") && !isAsyncFailing) {
                        return asynchronous;
                    }
                    if (failure != null) {
                        throw failure;
                    }
                    return null;
                }));
    }
}
