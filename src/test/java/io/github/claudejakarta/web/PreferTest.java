package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=30|30",
                "wait=0|0",
                "wait=1|1",
                "WAIT=7|7",
                "Wait=7|7",
                " wait = 30 |30",
                "wait=\"30\"|30",
                "wait=007|7",
                "respond-async, wait=10|10",
                "wait=10, respond-async|10",
                "respond-async;a=b,wait=10;c=d|10",
                "wait=10; x=\"y\"|10",
                ",,wait=10,|10",
                "waiting=5, wait=10|10",
                "x=wait, wait=10|10",
                "await=5, wait=10|10"
            })
    void aWaitIsANumberOfSeconds(String header, int seconds) {
        assertThat(Prefer.of(List.of(header)).maxWait()).contains(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "respond-async",
                "return=minimal",
                "x=\"wait\"",
                "waiting=5",
                "x;wait=5",
                "handling=lenient;wait=abc",
                ",",
                ";",
                "=",
                "=30"
            })
    void otherPreferencesAreIgnored(String header) {
        assertThat(Prefer.of(List.of(header)).maxWait()).isEmpty();
        assertThat(Prefer.of(List.of(header)).applied()).isEmpty();
    }

    @Test
    void withoutAHeaderTheWaitIsAbsent() {
        assertThat(Prefer.of(null).maxWait()).isEmpty();
        assertThat(Prefer.of(List.of()).maxWait()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"299,299", "300,300", "301,300", "86400,300", "999999999,300"})
    void theLongestWaitIsFiveMinutes(int wanted, int expected) {
        Prefer prefer = Prefer.of(List.of("wait=" + wanted));

        assertThat(prefer.maxWait()).contains(Duration.ofSeconds(expected));
        assertThat(prefer.applied()).contains("wait=" + expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wait",
                "wait=",
                "wait=abc",
                "wait=-1",
                "wait=+1",
                "wait=1.5",
                "wait=1 0",
                "wait=PT5S",
                "wait=30s",
                "wait=\"\"",
                "wait=\"",
                "wait=\"3",
                "wait=1=2",
                "wait;30",
                "wait=0x10",
                "wait=\u0663",
                "respond-async, wait=abc"
            })
    void anInvalidWaitIsRejected(String header) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> Prefer.of(List.of(header)));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage())
                .isEqualTo("Prefer: wait must be a whole number of seconds, for example wait=30");
    }

    @Test
    void theFirstOfSeveralCounts() {
        assertThat(Prefer.of(List.of("respond-async", "wait=5", "wait=6")).maxWait())
                .contains(Duration.ofSeconds(5));
        assertThat(Prefer.of(List.of("wait=5, wait=6")).applied()).contains("wait=5");
    }

    @Test
    void aQuotedCommaDoesNotSeparatePreferences() {
        assertThat(Prefer.of(List.of("x=\"a, wait=abc\", wait=10")).maxWait()).contains(Duration.ofSeconds(10));
        assertThat(Prefer.of(List.of("x=\"a;, \\\", wait=5\"")).maxWait()).isEmpty();
    }
}
