package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecurringTest {

    private final List<Throwable> reported = new ArrayList<>();

    @Test
    void workThatSucceedsIsNotReported() {
        Recurring.attempt(() -> {}, reported::add);

        assertThat(reported).isEmpty();
    }

    @Test
    void anErrorIsReportedAndNotThrown() {
        var error = new OutOfMemoryError("meant to fail");

        Recurring.attempt(
                () -> {
                    throw error;
                },
                reported::add);

        assertThat(reported).containsExactly(error);
    }

    @Test
    void aFailureOfTheReportIsNotThrown() {
        Recurring.attempt(
                () -> {
                    throw new IllegalStateException("meant to fail");
                },
                failure -> {
                    throw new OutOfMemoryError("not even for a line in the log");
                });
    }
}
