package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CallSequenceTest {

    private static final ClaudeException WHY = ClaudeException.of(ErrorType.API, "for the test");

    private final CallSequence calls = new CallSequence();

    @Test
    void cancelsTheCurrentCall() {
        ClaudeCall first = calls.next(call());
        ClaudeCall second = calls.next(call());

        calls.cancel(WHY);

        assertThat(first.isCanceled()).isFalse();
        assertCanceled(second);
    }

    @Test
    void cancelsLaterCalls() {
        calls.cancel(WHY);

        assertCanceled(calls.next(call()));
    }

    @Test
    void cancelsNothingBeforeItIsCanceled() {
        ClaudeCall call = call();

        assertThat(calls.next(call)).isSameAs(call);
        assertThat(call.isCanceled()).isFalse();
    }

    private static void assertCanceled(ClaudeCall call) {
        assertThatThrownBy(() -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1)))
                .isSameAs(WHY);
    }

    private static ClaudeCall call() {
        return new ClaudeCall(ClaudeRequest.models());
    }
}
