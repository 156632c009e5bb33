package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.CountedReservation;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Coded;
import io.github.claudejakarta.upstream.Script;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed answers. */
class TransportCodingTest extends ScriptedTransport {

    private static final byte[] COMPRESSED = Coded.gzip(Sse.bytes("event: message_start\ndata: {\"x\":\""
            + "0123456789".repeat(1_000) + "\"}\n\nevent: message_stop\ndata: {}\n\n"));

    @ParameterizedTest
    @CsvSource({"gzip,gzip", "X-GZIP,gzip", "' GZip ',gzip", "deflate,zlib", "Deflate,bare", "'identity, gzip,',gzip"})
    void aCompressedAnswerIsDecoded(String coding, String kind) {
        String text = "{\"type\":\"message\",\"text\":\"" + "ä".repeat(20_000) + "\"}";
        byte[] coded = Coded.of(kind, Sse.bytes(text));
        String header = "content-encoding: " + coding;
        upstream.answer(
                Script.sized(coded.length, 200, header, "content-type: application/json")
                        .write(coded),
                Script.chunked(200, header).writeByteByByte(coded),
                Script.sized(coded.length, 200, header, "content-type: application/x-jsonl")
                        .write(coded));

        for (int i = 0; i < 2; i++) {
            var answer = transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));
            assertThat(answer.asWhole().text()).isEqualTo(text);
            assertThat(answer.headers()).doesNotContainKeys("content-encoding", "content-length");
        }
        assertThat(transport()
                        .attempt(new ClaudeCall(ClaudeRequest.batchResults("x")))
                        .asDownload()
                        .content())
                .hasContent(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "", "IDENTITY", ","})
    void identityIsNotDecoded(String coding) {
        upstream.answer(Script.json(200, "{}", "content-encoding: " + coding));

        assertThat(transport()
                        .attempt(new ClaudeCall(ClaudeRequest.models()))
                        .asWhole()
                        .text())
                .isEqualTo("{}");
    }

    @Test
    void anEmptyBodyHasNothingToDecode() {
        upstream.answer(Script.sized(0, 200, "content-encoding: gzip"), Script.chunked(200, "content-encoding: gzip"));

        assertThat(transport()
                        .attempt(new ClaudeCall(ClaudeRequest.models()))
                        .asWhole()
                        .body())
                .isEmpty();
        assertThat(failure(new ClaudeCall(ClaudeRequest.models()))).hasMessageContaining("broke off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void compressedEventsArriveAsTheyAreSent(String kind) throws Exception {
        var coder = new Coded(kind);
        var barriers = List.of(new Barrier(), new Barrier());
        upstream.answer(Script.sseHead("content-encoding: " + (kind.equals("gzip") ? "gzip" : "deflate"))
                .write(coder.flushed(Sse.bytes("event: message_start\ndata: {}\n\n")))
                .pause(barriers.get(0))
                .write(coder.flushed(Sse.bytes("event: one\ndata: {}\n\n")))
                .pause(barriers.get(1))
                .write(coder.flushed(Sse.bytes(STOP)))
                .write(coder.finished()));
        Transport transport = transport();

        var events = transport.attempt(stream()).asEvents().events();

        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("message_start");
        barriers.get(0).release();
        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("one");
        barriers.get(1).release();
        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("message_stop");
        events.drain();
        events.close();
        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    /** The message was billed. Neither this server, nor a job, nor an SDK requests it again. */
    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, br", "gzip, gzip", "x"})
    void anUnknownCodingIsOneFailure(String coding) {
        for (var call : List.of(
                stream(),
                new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))),
                new ClaudeCall(ClaudeRequest.batchResults("x")))) {
            upstream.answer(Script.chunked(
                            200,
                            "content-encoding: " + coding,
                            "content-type: "
                                    + (call.form() == Endpoint.Form.EVENTS
                                            ? "text/event-stream"
                                            : "application/x-jsonl"))
                    .write(STOP));

            var failure = failure(call);

            assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
            assertThat(failure.failure().status()).isEqualTo(500);
            assertThat(failure.failure().errorMessage())
                    .startsWith(
                            "Claude's answer has the content coding " + coding + ", which this server cannot decode.");
            assertThat(failure.failure().isRetryable()).isFalse();
        }
    }

    /** HttpClient supports only {@code chunked}, and Claude has already created the message. */
    @Test
    void anUnknownTransferCodingIsOneFailure() {
        upstream.answer(Script.nothing()
                .raw("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n")
                .stall());

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("Claude's answer cannot be decoded: ")
                .contains("gzip, chunked");
        assertThat(failure.failure().isRetryable()).isFalse();
    }

    @Test
    void aCorruptAnswerIsOneFailure() {
        byte[] coded = COMPRESSED.clone();
        coded[coded.length - 5] ^= 1;
        for (var call : List.of(stream(), new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))))) {
            upstream.answer(Script.chunked(200, "content-encoding: gzip", "content-type: text/event-stream")
                    .write(coded));

            var failure = catchThrowableOfType(
                    RuntimeException.class,
                    () -> names(transport().attempt(call).asEvents().events()));

            var error = failure instanceof AttemptFailure attempt ? attempt.failure() : (ClaudeException) failure;
            assertThat(failure).isNotInstanceOf(AttemptFailure.TransientOutage.class);
            assertThat(error.errorMessage()).startsWith("Claude's answer cannot be decoded: its gzip data is corrupt");
            assertThat(error.isRetryable()).isFalse();
        }
    }

    /**
     * The same rules apply as without compression: a stream that has not begun is requested again, and a stream that
     * has begun may be continued.
     */
    @ParameterizedTest
    @ValueSource(ints = {5, 60, 1, 100_000})
    void aTruncatedAnswerIsABrokenConnection(int less) {
        byte[] coded = Arrays.copyOf(COMPRESSED, Math.max(0, COMPRESSED.length - less));
        for (var call : List.of(stream(), new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))))) {
            upstream.answer(Script.chunked(200, "content-encoding: gzip", "content-type: text/event-stream")
                    .write(coded));

            var failure = catchThrowableOfType(
                    RuntimeException.class,
                    () -> names(transport().attempt(call).asEvents().events()));

            var error = failure instanceof AttemptFailure attempt ? attempt.failure() : (ClaudeException) failure;
            assertThat(error.errorMessage()).startsWith("The connection to Claude broke off: ");
            assertThat(error.isRetryable()).isTrue();
            if (failure instanceof AttemptFailure) {
                assertThat(failure)
                        .isInstanceOf(
                                call.form() == Endpoint.Form.EVENTS
                                        ? AttemptFailure.TransientOutage.class
                                        : AttemptFailure.Outage.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"400,br,Refusal", "429,br,TransientRefusal", "529,zstd,TransientOutage", "503,br,TransientOutage"})
    void theStatusOfAnErrorCountsWithAnyCoding(int status, String coding, String kind) {
        upstream.answer(Script.error(status, "x", "y", "content-encoding: " + coding));

        var failure = failure(stream());

        assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(failure.failure())
                .returns(status, ClaudeException::status)
                .returns("HTTP status " + status, ClaudeException::errorMessage);
    }

    @Test
    void aCompressedErrorIsDecoded() {
        byte[] coded = Coded.gzip(Sse.bytes(Script.errorBody("overloaded_error", "Overloaded")));
        upstream.answer(
                Script.sized(coded.length, 529, "content-encoding: gzip").write(coded),
                Script.sized(coded.length, 200, "content-encoding: gzip").write(coded));

        for (int i = 0; i < 2; i++) {
            assertThat(failure(stream()).failure())
                    .returns(529, ClaudeException::status)
                    .returns("Overloaded", ClaudeException::errorMessage)
                    .returns(Script.errorBody("overloaded_error", "Overloaded"), ClaudeException::body);
        }
    }

    /** The limits apply to the decoded bytes: 20 KB on the wire may be 20 MB. */
    @Test
    void limitsApplyToDecodedBytes() {
        byte[] bomb = Coded.gzip(new byte[20 << 20]);
        var reservation = new CountedReservation(0);
        upstream.answer(
                Script.sized(bomb.length, 200, "content-encoding: gzip").write(bomb),
                Script.sized(bomb.length, 400, "content-encoding: gzip").write(bomb));

        assertThat(failure(new ClaudeCall(ClaudeRequest.models(), reservation)))
                .hasMessageContaining("longer than " + (8 << 20));
        assertThat(reservation.taken()).isBetween(8L << 20, 17L << 20);
        assertThat(failure(stream()).failure().status()).isEqualTo(400);
    }

    @Test
    void aCompressedEventHasTheLimitOfAnEvent() {
        byte[] bomb = Coded.gzip(Sse.bytes("event: message_start\ndata: {}\n\ndata: " + "x".repeat(40 << 20)));
        upstream.answer(Script.sseHead("content-encoding: gzip").write(bomb));
        var events = transport().attempt(stream()).asEvents().events();

        var failure = catchThrowableOfType(ClaudeException.class, () -> names(events));

        assertThat(failure.errorMessage()).contains("an event is larger than");
    }
}
