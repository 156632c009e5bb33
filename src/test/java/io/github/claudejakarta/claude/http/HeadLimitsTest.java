package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The parts of a response outside its body are limited. Beyond the limit each call has one clear failure. */
@Timeout(120)
class HeadLimitsTest {

    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String EVENTS = OK + "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    private static final String JSON = OK + "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    private static final String STOP = "event: message_stop\ndata: {}\n\n";
    private static final int MANY = 16 << 20;

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Transport transport =
            new Transport(UnguardedClient.settings(upstream.url()), new Watchdog(System::nanoTime));

    @AfterEach
    void close() {
        transport.close();
        upstream.close();
    }

    /** A beginning, and the bytes that are repeated after it. */
    private static Script endless(String begin, String again) {
        String block = again.repeat((1 << 20) / again.length());
        Script script = Script.nothing().raw(begin);
        for (int sent = 0; sent < MANY; sent += block.length()) {
            script = script.raw(block);
        }
        return script.cut();
    }

    private static ClaudeCall question() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.models()));
    }

    private static ClaudeCall stream() {
        return UnguardedClient.beginAttempt(new ClaudeCall(ClaudeRequest.stream(RequestBody.of(Sse.bytes("{}")))));
    }

    private void assertThatNothingIsHeldAndCallsSucceed() {
        assertThat(transport.pool().leased()).isZero();
        upstream.answer(Script.json(200, "{}"));
        assertThat(transport.attempt(question()).asWhole().text()).isEqualTo("{}");
    }

    static Stream<Arguments> heads() {
        return Stream.of(
                arguments("a status line", "HTTP/1.1 200 ", "x"),
                arguments("a header line", OK + "x: ", "x"),
                arguments("a header name", OK, "x"),
                arguments("header fields", OK, "x: y\r\n"),
                arguments("long header fields", OK, "x: " + "y".repeat(8_000) + "\r\n"),
                arguments("a folded field", OK + "x: y\r\n", " z\r\n"),
                arguments("interim responses", "", "HTTP/1.1 100 Continue\r\n\r\n"),
                arguments("interim responses with fields", "", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
                arguments("a head after an interim one", "HTTP/1.1 100 Continue\r\n\r\n" + OK, "x: y\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("heads")
    void anEndlessHeadIsAnErrorAndNotRepeated(String name, String begin, String again) {
        for (ClaudeCall call : new ClaudeCall[] {question(), stream()}) {
            upstream.answer(endless(begin, again));

            var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));

            assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
            assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
            assertThat(failure.failure().errorMessage()).startsWith("The head of Claude's response exceeds a limit: ");
            assertThatNothingIsHeldAndCallsSucceed();
        }
    }

    static Stream<Arguments> garbage() {
        return Stream.of(arguments("empty lines", "", "\r\n"), arguments("lines that are not HTTP", "", "garbage\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("garbage")
    void endlessGarbageIsAnError(String name, String begin, String again) {
        upstream.answer(endless(begin, again));

        var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(question()));

        assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
        assertThatNothingIsHeldAndCallsSucceed();
    }

    static Stream<Arguments> chunks() {
        return Stream.of(
                arguments("a chunk header", "2;", "x"),
                arguments("a trailer line", "0\r\nx: ", "x"),
                arguments("trailer fields", "0\r\n", "x: y\r\n"),
                arguments("long trailer fields", "0\r\n", "x: " + "y".repeat(8_000) + "\r\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chunks")
    void anEndlessChunkedBodyIsAnError(String name, String begin, String again) throws Exception {
        upstream.answer(endless(JSON + "2\r\n{}\r\n" + begin, again));

        var failure = catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(question()));

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
        assertThat(failure.failure().errorMessage())
                .containsAnyOf("limit", "longer than", "Maximum header count exceeded");
        assertThatNothingIsHeldAndCallsSucceed();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chunks")
    void anEndlessStreamIsAnError(String name, String begin, String again) throws Exception {
        upstream.answer(endless(EVENTS + Integer.toHexString(STOP.length()) + "\r\n" + STOP + "\r\n" + begin, again));
        var events = transport.attempt(stream()).asEvents().events();
        assertThat(events.read()).hasSize(1);

        var failure = catchThrowableOfType(ClaudeException.class, events::read);
        // Closing a body that broke may throw; callers that read a stream expect that.
        var unused = catchThrowable(events::close);

        assertThat(failure.type()).isEqualTo(ErrorType.API);
        assertThat(failure.errorMessage()).containsAnyOf("limit", "longer than", "Maximum header count exceeded");
        assertThatNothingIsHeldAndCallsSucceed();
    }

    /** Anthropic's heads have about 40 fields and 3 KB. */
    @Test
    void aLongHeadWithinTheLimitsIsRead() {
        String fields = ("x-long: " + "y".repeat(1_000) + "\r\n").repeat(40) + "x-short: y\r\n".repeat(150)
                + "x-longest: " + "z".repeat(15_000) + "\r\n";
        upstream.answer(Script.nothing()
                .raw("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(20) + OK + fields
                        + "transfer-encoding: chunked\r\n\r\n2;extension=" + "e".repeat(1_000) + "\r\n{}\r\n0\r\n"
                        + fields + "\r\n"));

        assertThat(transport.attempt(question()).asWhole().text()).isEqualTo("{}");
        assertThat(transport.pool().leased()).isZero();
    }
}
