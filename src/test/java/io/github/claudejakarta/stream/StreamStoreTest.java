package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.STOP;
import static io.github.claudejakarta.stream.Events.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.simulator.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StreamStoreTest {

    private static final long EMPTY =
            StreamStore.STREAM_BYTES + LogSegment.first().capacity();

    private final SettableClock clock = new SettableClock();
    private final Instant beginning = clock.instant();
    private final List<LiveStream> ended = new ArrayList<>();
    private long ticks = 1;

    @Test
    void findsAStreamByItsId() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        add(store);

        assertThat(store.find(stream.id())).containsSame(stream);
    }

    @Test
    void doesNotFindAnUnknownId() {
        assertThat(store(1 << 20).find("stream_x")).isEmpty();
    }

    @Test
    void idsAreLongAndNeverTheSame() {
        var store = store(Long.MAX_VALUE / 4);

        var ids = IntStream.range(0, 1_000).mapToObj(i -> add(store).id()).toList();

        assertThat(ids).doesNotHaveDuplicates().allMatch(id -> id.matches("stream_[0-9a-f]{32}"));
    }

    @Test
    void listsTheNewestFirst() {
        var store = store(1 << 20);
        LiveStream first = add(store);
        LiveStream second = add(store);
        LiveStream third = add(store);

        assertThat(store.newestFirst()).containsExactly(third, second, first);
    }

    @Test
    void aStreamKnowsItsOwnerAndItsTime() {
        LiveStream stream = store(1 << 20)
                .add(new ClaudeCall(call().request().withCaller("alice")), RecoveryMode.OFF, true, ended -> {});

        assertThat(stream.owner()).isEqualTo("alice");
        assertThat(stream.createdAt()).isEqualTo(beginning);
        assertThat(stream.endedAt()).isEmpty();
        clock.advance(Duration.ofSeconds(3));
        stream.cancel();
        assertThat(stream.endedAt()).contains(beginning.plusSeconds(3));
    }

    @Test
    void anEndIsReportedOnce() {
        var store = store(1 << 20);
        LiveStream stream = add(store);

        stream.cancel();
        stream.cancel();
        stream.fail(ClaudeException.of(ErrorType.API, "late"));

        assertThat(ended).containsExactly(stream);
    }

    @Test
    void keepsAnEndedStreamForTheRetention() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        stream.cancel();

        pass(store, Duration.ofMinutes(10).minusMillis(1));

        assertThat(store.find(stream.id())).isPresent();
    }

    @Test
    void removesItAfterTheRetention() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        stream.cancel();

        pass(store, Duration.ofMinutes(10));

        assertThat(store.find(stream.id())).isEmpty();
        assertThat(store.newestFirst()).isEmpty();
        assertThat(store.bytes()).isZero();
    }

    @Test
    void aClockThatIsSetForwardEndsNoRetention() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        stream.cancel();
        sweep(store);

        clock.advance(Duration.ofDays(400));
        tick(store, Duration.ofMinutes(10).minusMillis(1));

        assertThat(store.find(stream.id())).isPresent();
    }

    @Test
    void aClockThatIsSetBackKeepsNoStreamLonger() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        stream.cancel();
        sweep(store);

        clock.advance(Duration.ofDays(-400));
        tick(store, Duration.ofMinutes(10));

        assertThat(store.find(stream.id())).isEmpty();
    }

    @Test
    void retentionBeginsAtTheEnd() {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        pass(store, Duration.ofHours(1));
        stream.cancel();

        pass(store, Duration.ofMinutes(9));

        assertThat(store.find(stream.id())).isPresent();
    }

    @Test
    void keepsARunningStream() {
        var store = store(1 << 20);
        LiveStream stream = add(store);

        pass(store, Duration.ofDays(30));

        assertThat(store.find(stream.id())).isPresent();
    }

    @Test
    void countsEveryByteItKeeps() throws Exception {
        var store = store(1 << 20);
        LiveStream first = add(store);
        LiveStream second = add(store);
        fill(first, 10_000);

        assertThat(store.bytes())
                .isEqualTo(2 * StreamStore.STREAM_BYTES
                        + first.log().bytes()
                        + second.log().bytes());
    }

    @Test
    void endedStreamsAreRemovedFirstFromTheOldest() throws Exception {
        var store = store(11_000); // ended streams are small, and one of them still fits
        LiveStream oldest = add(store);
        LiveStream running = add(store);
        LiveStream newest = add(store);
        newest.cancel();
        oldest.cancel();

        fill(running, 3_000);

        assertThat(store.newestFirst()).containsExactly(newest, running);
    }

    @Test
    void endedStreamsAreRemovedForANewOne() {
        var store = store(2 * EMPTY);
        LiveStream first = add(store);
        LiveStream second = add(store);
        first.cancel();

        store.requireMemory();

        assertThat(store.newestFirst()).containsExactly(second);
    }

    @Test
    void runningStreamsBeyondTheLimitAreRejected() {
        var store = store(2 * EMPTY);
        add(store);
        add(store);

        var refusal = catchThrowableOfType(ClaudeException.class, store::requireMemory);

        assertThat(refusal.status()).isEqualTo(529);
        assertThat(refusal.retryAfter()).isPresent();
        assertThat(refusal.errorMessage()).contains("claude.stream.max-bytes");
        assertThat(store.newestFirst()).hasSize(2);
    }

    @Test
    void aNewStreamFitsAgainWhenOneHasEnded() {
        var store = store(2 * EMPTY);
        add(store);
        LiveStream second = add(store);
        assertThat(catchThrowableOfType(ClaudeException.class, store::requireMemory))
                .isNotNull();

        second.cancel();

        assertThatCode(store::requireMemory).doesNotThrowAnyException();
    }

    @Test
    void aRunningStreamMayGrowBeyondTheLimit() throws Exception {
        var store = store(100_000);
        LiveStream stream = add(store);

        fill(stream, 150_000);

        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
    }

    @Test
    void atTwiceTheLimitTheGrowingStreamIsEnded() throws Exception {
        var store = store(100_000);
        LiveStream quiet = add(store);
        LiveStream growing = add(store);

        fill(growing, 300_000);

        assertThat(growing.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(growing.error()).get().satisfies(error -> {
            assertThat(error.type()).isEqualTo(ErrorType.OVERLOADED);
            assertThat(error.errorMessage()).contains("claude.stream.max-bytes");
        });
        assertThat(quiet.status()).isEqualTo(StreamStatus.RUNNING);
    }

    @Test
    void aReaderOfARemovedStreamContinues() throws Exception {
        var store = store(1 << 20);
        LiveStream stream = add(store);
        stream.readFrom(new Events.Pushed().push(numbered(0)).push(STOP));
        BlockingReader reader = stream.readerFrom(0);
        reader.next();
        stream.log().end(STOP);
        pass(store, Duration.ofHours(1));

        assertThat(store.find(stream.id())).isEmpty();
        assertThat(Events.rest(reader)).containsExactly(STOP);
    }

    /** Appends at least this many bytes, unless the stream ends before. */
    private static void fill(LiveStream stream, int bytes) throws InterruptedException {
        var upstream = new Events.Pushed();
        stream.readFrom(upstream);
        BlockingReader reader = stream.readerFrom(0);
        for (int filled = 0; filled < bytes && stream.status() == StreamStatus.RUNNING; filled += 1_000) {
            upstream.push(ServerSentEvent.of("content_block_delta", "x".repeat(1_000)));
            reader.next();
        }
    }

    private StreamStore store(long maxBytes) {
        return new StreamStore(
                new StreamSettings(
                        Duration.ofMinutes(10), Duration.ofSeconds(10), Duration.ofSeconds(60), maxBytes, 10),
                clock,
                ended::add);
    }

    private static LiveStream add(StreamStore store) {
        return store.add(call(), RecoveryMode.OFF, true, ended -> {});
    }

    private static ClaudeCall call() {
        return new ClaudeCall(ClaudeRequest.stream(RequestBody.of(new byte[0])));
    }

    private void pass(StreamStore store, Duration time) {
        sweep(store);
        clock.advance(time);
        tick(store, time);
    }

    /** Runs the check, which happens once a second. */
    private void sweep(StreamStore store) {
        tick(store, Duration.ofSeconds(1));
    }

    /** Moves the watchdog's clock, and not the wall clock. */
    private void tick(StreamStore store, Duration time) {
        ticks += time.toNanos();
        store.check(ticks);
    }
}
