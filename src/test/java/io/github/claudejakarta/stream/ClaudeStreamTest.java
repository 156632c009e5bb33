package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.ERROR;
import static io.github.claudejakarta.stream.Events.START;
import static io.github.claudejakarta.stream.Events.STOP;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ClaudeStreamTest {

    private static final ServerSentEvent DELTA = ServerSentEvent.of("message_delta",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":42}}");

    @Test
    void runsUntilItsTerminalEvent() throws Exception {
        assertThat(stream(List.of(START)).status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream(List.of(START, STOP)).status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream(List.of(START, ERROR)).status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void isCanceledOnlyWhereTheCancelEndedIt() throws Exception {
        ClaudeStream running = stream(List.of(START));
        running.cancel();
        ClaudeStream completed = stream(List.of(START, STOP));
        completed.cancel();

        assertThat(running.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(completed.status()).isEqualTo(StreamStatus.COMPLETED);
    }

    @Test
    void aSecondCancelChangesNothing() throws Exception {
        ClaudeStream stream = stream(List.of(START));
        stream.cancel("first");
        stream.cancel("second");

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(stream.error()).get().satisfies(error -> assertThat(error.errorMessage()).isEqualTo("first"));
    }

    @Test
    void usageIsTheLastThatClaudeTold() throws Exception {
        assertUsage(stream(List.of(START, Events.numbered(0), DELTA, STOP)), 42);
        assertUsage(stream(List.of(START, Events.numbered(0), ERROR)), 1);
    }

    @Test
    void thereIsNoUsageWithoutAStart() throws Exception {
        assertThat(stream(List.of(ERROR)).usage()).isEmpty();
    }

    @Test
    void usageIsThereWhereTheStopBeginsASegment() throws Exception {
        var first = filling(LogSegment.first().capacity() - START.size());
        var second = filling(2 * LogSegment.first().capacity() - DELTA.size());

        assertUsage(stream(List.of(START, first, second, DELTA, STOP)), 42);
    }

    @Test
    void usageIsThereWhereTheStartIsLarge() throws Exception {
        var large = ServerSentEvent.of("message_start", START.data().replace("\"m\"", "\"" + "m".repeat(3_000) + "\""));
        var events = new ArrayList<ServerSentEvent>(List.of(large));
        events.addAll(Events.numbered(0, 2_000));
        events.addAll(List.of(DELTA, STOP));

        assertUsage(stream(events), 42);
    }

    /** An event of this size. */
    private static ServerSentEvent filling(int size) {
        return ServerSentEvent.of("ping", "x".repeat(size - ServerSentEvent.of("ping", "").size()));
    }

    private static void assertUsage(ClaudeStream stream, long outputTokens) {
        assertThat(stream.usage()).get().satisfies(usage -> {
            assertThat(usage.outputTokens()).isEqualTo(outputTokens);
            assertThat(usage.inputTokens()).isEqualTo(3);
        });
    }

    /** A stream that has had these events. */
    private static ClaudeStream stream(List<ServerSentEvent> events) throws InterruptedException {
        var stream = new ClaudeStream("stream_1", "local", ClaudeCall.get("/", Map.of()), true, Clock.systemUTC(),
            (one, added) -> { }, one -> { });
        stream.log().readFrom(new Events.Pushed().push(events));
        new StreamCursor(stream.log(), 0).next();
        return stream;
    }
}
