package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeCall;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class LastEventIdTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,-,-1", "'','',-1", "'  ',-,-1", "0,-,0", "7,-,7", "' 7 ',-,7", "-,3,3", "7,3,7", "'',3,3"})
    void isTheHeaderOrElseTheParameter(String header, String after, int expected) {
        assertThat(LastEventId.of(header, after).value()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "-1", "1.5", "0x1", "99999999999", "1 2"})
    void isRejectedIfItIsNotASequenceNumber(String text) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> LastEventId.of(text, null));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage()).startsWith("Last-Event-ID: ").endsWith("not " + text);
        assertThat(catchThrowableOfType(ClaudeException.class, () -> LastEventId.of(null, text))
                        .errorMessage())
                .startsWith("after: ");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,0", "0,1", "1,2", "2,3"})
    void theNextEventFollowsTheLastEventId(String header, int next) throws Exception {
        assertThat(LastEventId.of(header, null).next(streamOfThree())).isEqualTo(next);
    }

    @Test
    void anEventThatDoesNotExistYetIsRejected() {
        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> LastEventId.of("3", null).next(streamOfThree()));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage())
                .startsWith("Last-Event-ID: ")
                .contains("no event 3 yet")
                .contains("It has 3 events");
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> LastEventId.of(null, "15").next(streamOfThree()))
                        .errorMessage())
                .startsWith("after: ");
    }

    @Test
    void theLargestNumberIsRejectedToo() {
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> LastEventId.of("2147483647", null).next(streamOfThree()))
                        .status())
                .isEqualTo(400);
    }

    private static LiveStream streamOfThree() throws InterruptedException {
        var stream = new LiveStream(
                "stream_1",
                "local",
                new ClaudeCall(ClaudeRequest.models()),
                RecoveryMode.OFF,
                true,
                Clock.systemUTC(),
                (one, added) -> {},
                one -> {});
        stream.readFrom(new Events.Pushed().push(Events.numbered(0), Events.numbered(1), Events.STOP));
        Events.rest(stream.readerFrom(0));
        return stream;
    }
}
