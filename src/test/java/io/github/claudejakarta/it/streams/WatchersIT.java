package io.github.claudejakarta.it.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many clients watch one stream. A client that is slow or gone changes nothing for the others. */
@ExtendWith(ArquillianExtension.class)
class WatchersIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings("claude.stream.heartbeat=PT0.5S", "claude.stream.write-timeout=PT2S");
    }

    @BeforeAll
    static void startUpstream() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    /** Time until a write within a second after a departure is detected, plus time for a busy machine. */
    private static final Duration SOON = Duration.ofSeconds(5);

    @Test
    void aWatcherThatReadsNothingDelaysNoOtherAndLosesNoEvent() throws Exception {
        var barrier = new Barrier();
        var big = IntStream.range(0, 400)
                .mapToObj(i -> Wire.text(i + "x".repeat(20_000)))
                .collect(Collectors.joining());
        var body = Wire.START + big + Wire.STOP;
        upstream.answer(Script.sseHead().write(Wire.START).pause(barrier).write(big + Wire.STOP));
        var id = Api.startStream();
        barrier.awaitReached();
        try (var slow = RawClient.connectNarrow().watch(id)) {
            slow.readUntil("content_block_start");
            barrier.release();

            assertThat(Api.events(id).stream().map(SseEvent::withoutId).toList())
                    .isEqualTo(SseEvent.parse(body));
            assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
        }
        assertThat(Api.events(id, "Last-Event-ID", "1"))
                .hasSize(400 + 3)
                .first()
                .extracting(SseEvent::id)
                .isEqualTo("2");
    }

    @Test
    void aWatcherThatReadsNothingForTooLongIsClosedAndMayResume() throws Exception {
        var big = IntStream.range(0, 400)
                .mapToObj(i -> Wire.text(i + "x".repeat(20_000)))
                .collect(Collectors.joining());
        upstream.answer(Script.sseHead().write(Wire.START + big + Wire.STOP));
        var id = Api.startStream();
        try (var stuck = RawClient.connectNarrow().watch(id)) {
            stuck.readUntil("content_block_start");
            Api.await("the stuck watcher is closed", () -> Api.stream(id).getInt("subscribers") == 0);

            // Buffered data still arrives, and then the connection ends without the end of the stream.
            assertThat(stuck.readToEnd()).doesNotContain("message_stop").doesNotEndWith("\r\n0\r\n\r\n");
        }
        assertThat(Api.events(id, "Last-Event-ID", "1")).hasSize(400 + 3);
    }

    @Test
    void aSlowButSteadyWatcherIsNotClosed() throws Exception {
        var body = Wire.START + Wire.text("x".repeat(16 << 20)) + Wire.STOP;
        upstream.otherwise(request -> Script.sseHead().write(body));
        try (var message = RawClient.connectNarrow().message()) {
            var taken = message.readSlowly(64 << 10, Duration.ofMillis(1));

            assertThat(taken.substring(taken.length() - 200))
                    .contains("event: message_stop")
                    .endsWith("\r\n0\r\n\r\n");
            assertThat(taken.length()).isGreaterThan(16 << 20);
        }
    }

    @Test
    void aStuckClientOfAMessageReleasesTheUpstream() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.text("x".repeat(200_000)), Duration.ofMillis(1)));
        try (var stuck = RawClient.connectNarrow().message()) {
            stuck.readUntil("Hel");

            assertThat(upstream.takeRequest().clientGone().get(20, TimeUnit.SECONDS))
                    .isNotNull();
        }
    }

    @Test
    void aDepartureDuringEventsEndsTheUpstream() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.text("x"), Duration.ofMillis(20)));
        Instant left;
        try (var client = RawClient.connect().message()) {
            client.readUntil("Hel");
            left = Instant.now();
        }

        assertUpstreamEndsSoonAfter(left);
    }

    @Test
    void aDepartureDuringSilenceEndsTheUpstream() throws Exception {
        upstream.answer(Wire.begun().stall());
        Instant left;
        try (var client = RawClient.connect().message()) {
            client.readUntil("Hel");
            left = Instant.now();
        }

        assertUpstreamEndsSoonAfter(left);
    }

    private static void assertUpstreamEndsSoonAfter(Instant left) throws Exception {
        var ended = upstream.takeRequest().clientGone().get(30, TimeUnit.SECONDS);
        assertThat(Duration.between(left, ended)).isLessThan(SOON);
    }

    @Test
    void aDepartureEndsNothingWhileAnotherClientWatches() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        String id;
        RawClient other;
        try (var first = RawClient.connect().message()) {
            id = first.readUntil("\r\n\r\n").replaceFirst("(?is).*stream-id: (\\S+).*", "$1");
            first.readUntil("Hel");
            other = RawClient.connect().watch(id);
            other.readUntil("Hel");
        }
        try (other) {
            Api.await("the departure of the first client", () -> Api.stream(id).getInt("subscribers") == 1);
            var request = upstream.takeRequest();
            assertThat(request.clientGone()).isNotDone();
            barrier.release();
            assertThat(other.readUntil("\r\n0\r\n\r\n"))
                    .contains("message_stop")
                    .doesNotContain("event: error");
        }
        assertThat(Api.stream(id).getString("status")).isEqualTo("completed");
    }

    @Test
    void theDepartureOfTheLastClientEndsTheUpstream() throws Exception {
        upstream.answer(Wire.begun().stall());
        String id;
        RawClient other;
        try (var first = RawClient.connect().message()) {
            id = first.readUntil("\r\n\r\n").replaceFirst("(?is).*stream-id: (\\S+).*", "$1");
            first.readUntil("Hel");
            other = RawClient.connect().watch(id);
            other.readUntil("Hel");
        }
        Api.await("the departure of the first client", () -> Api.stream(id).getInt("subscribers") == 1);
        var left = Instant.now();
        other.close();

        assertUpstreamEndsSoonAfter(left);
        assertThat(Api.endedStream(id).getString("status")).isEqualTo("canceled");
    }

    @Test
    void aDetachedStreamContinuesWithoutWatchers() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        var id = Api.startStream();
        try (var client = RawClient.connect().watch(id)) {
            client.readUntil("Hel");
        }
        Api.await("the departure", () -> Api.stream(id).getInt("subscribers") == 0);

        barrier.release();

        assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
    }

    @Test
    void silenceIsFilledWithPingsThatAreNotInTheLog() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        try (var client = RawClient.connect().message()) {
            var id = client.readUntil("\r\n\r\n").replaceFirst("(?is).*stream-id: (\\S+).*", "$1");
            client.readUntil("Hel");
            client.readUntil("event: ping\ndata: {\"type\": \"ping\"}\n\n");
            client.readUntil("event: ping\ndata: {\"type\": \"ping\"}\n\n");
            assertThat(Api.stream(id).getInt("events")).isEqualTo(3);
            barrier.release();
            assertThat(client.readUntil("\r\n0\r\n\r\n")).contains("message_stop");
            assertThat(Api.events(id).stream().map(SseEvent::withoutId).toList())
                    .isEqualTo(SseEvent.parse(Wire.hello()));
        }
    }

    @Test
    void silenceOfAWatchedStreamIsFilledWithComments() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Wire.begun().pause(barrier).write(Wire.text("lo") + Wire.STOP));
        var id = Api.startStream();
        try (var client = RawClient.connect().watch(id)) {
            client.readUntil("Hel");
            var silence = client.readUntil("\n:") + client.readUntil("\n:");
            assertThat(silence).doesNotContain("event:", "id:", "data: {");
            barrier.release();
            assertThat(client.readUntil("\r\n0\r\n\r\n")).contains("id: 3");
        }
    }

    @Test
    void silenceBeforeTheFirstEventIsNotFilled() throws Exception {
        upstream.answer(Wire.begun().stall());
        var id = Api.startStream();
        try (var other = RawClient.connect().watch(id)) {
            other.readUntil("Hel");
            var barrier = new Barrier();
            upstream.answer(Script.sseHead().pause(barrier).write(Wire.hello()));
            var answer = Api.sendAsync(Api.posting("/v1/messages", Api.body(true)));
            barrier.awaitReached();
            other.readUntil("\n:"); // The time that it takes without the server's limit.
            other.readUntil("\n:");
            assertThat(answer).isNotDone();
            barrier.release();

            assertThat(answer.get(20, TimeUnit.SECONDS).body()).isEqualTo(Wire.hello());
        }
        Api.delete("/v1/streams/" + id);
    }
}
