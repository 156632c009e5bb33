package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of Claude, as a transport returns them. */
class TransportAnswerTest extends ScriptedTransport {

    @Test
    void returnsAWholeAnswerByteForByte() {
        upstream.answer(Script.json(201, "{ \"a\":1.0 , \"ä\": \"\\u00e4\"}"));

        var answer = transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.asWhole().text()).isEqualTo("{ \"a\":1.0 , \"ä\": \"\\u00e4\"}");
        assertThat(answer).isInstanceOf(ClaudeAnswer.Whole.class);
    }

    @Test
    void returnsOnlyTheHeadersOfTheApi() {
        upstream.answer(Script.json(
                200,
                "{}",
                "anthropic-ratelimit-requests-limit: 50",
                "Retry-After: 3",
                "set-cookie: a=b",
                "server: x",
                "claude-simulator: true",
                "via: proxy"));

        var answer = transport().attempt(new ClaudeCall(ClaudeRequest.models()));

        assertThat(answer.headers())
                .containsOnly(
                        Map.entry("anthropic-ratelimit-requests-limit", "50"),
                        Map.entry("retry-after", "3"),
                        Map.entry("claude-simulator", "true"),
                        Map.entry("content-type", "application/json"),
                        Map.entry("request-id", "req_scripted"));
    }

    @Test
    void cookiesAreNotKept() throws Exception {
        upstream.answer(Script.json(200, "{}", "set-cookie: a=b; path=/"), Script.json(200, "{}"));
        Transport transport = transport();

        transport.attempt(new ClaudeCall(ClaudeRequest.models()));
        transport.attempt(new ClaudeCall(ClaudeRequest.models()));

        upstream.takeRequest();
        assertThat(upstream.takeRequest().header("cookie")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 301, 302, 303, 305, 307, 308})
    void redirectsAreNotFollowed(int status) {
        upstream.otherwise(request -> Script.json(
                status, "{}", "location: https://user:secret@elsewhere.example:8443/v1/login?token=secret"));

        for (var call : List.of(
                new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))),
                stream(),
                new ClaudeCall(ClaudeRequest.batchResults("x")))) {
            var failure = failure(call);

            assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(failure.failure().status()).isEqualTo(500);
            assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
            assertThat(failure.failure().isRetryable()).isFalse();
            assertThat(failure.failure().errorMessage())
                    .contains(
                            "claude.base-url",
                            "redirect (HTTP status " + status + ") to https://elsewhere.example:8443.")
                    .doesNotContain("secret", "user", "login");
        }
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void aRedirectNamesEveryKindOfHost() {
        upstream.answer(Script.json(302, "{}", "location: http://user:secret@llm_gateway:8080/v1"));

        assertThat(failure(stream()).failure().errorMessage()).contains(" to http://llm_gateway:8080.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "location:", "location: /v2", "location: http://", "location: ::", "location: http://a b/"})
    void aRedirectMayHaveNoTarget(String header) {
        upstream.answer(header.isEmpty() ? Script.json(302, "{}") : Script.json(302, "{}", header));

        assertThat(failure(stream()).failure().errorMessage())
                .contains("redirect (HTTP status 302). Redirects are not followed");
    }

    @ParameterizedTest
    @ValueSource(ints = {304, 399, 600, 999})
    void doesNotForwardAStatusThatIsNeitherAnAnswerNorAnError(int status) {
        upstream.otherwise(request -> Script.sized(0, status));

        for (var call : List.of(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))), stream())) {
            var failure = failure(call);

            assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
            assertThat(failure.failure().status()).isEqualTo(500);
            assertThat(failure.failure().errorMessage()).contains("claude.base-url", "HTTP status " + status);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 503, 529})
    void neverRetries(int status) {
        upstream.otherwise(request -> Script.error(status, "x", "y"));

        failure(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));

        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void returnsAStreamWithAllEvents() {
        upstream.answer(Script.sse(
                Sse.bytes("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n" + STOP)));

        var answer = transport().attempt(stream());

        assertThat(answer.headers()).containsEntry("request-id", "req_scripted");
        assertThat(answer).isInstanceOf(ClaudeAnswer.Events.class);
        assertThat(names(answer.asEvents().events())).containsExactly("message_start", "message_stop");
    }

    @Test
    void aReadReturnsAllArrivedChunks() throws Exception {
        var barrier = new Barrier();
        var written = new Barrier();
        var script = Script.sseHead().event("first", "{}").pause(barrier);
        for (int i = 0; i < 30; i++) {
            script = script.event("next", "{}");
        }
        upstream.answer(script.pause(written));
        EventStream events = transport().attempt(stream()).asEvents().events();
        assertThat(events.read()).hasSize(1);
        barrier.release();
        written.awaitReached();

        int reads = 0;
        for (int read = 0; read < 30; reads++) {
            read += events.read().size();
        }

        written.release();
        assertThat(reads).isLessThan(10);
    }

    @Test
    void pingsBeforeTheFirstEventAreKept() {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead()
                .event("ping", "{}")
                .pause(barrier)
                .event("ping", "{}")
                .write(STOP));
        barrier.release();

        assertThat(names(transport().attempt(stream()).asEvents().events()))
                .containsExactly("ping", "ping", "message_stop");
    }

    @ParameterizedTest
    @CsvSource({"text/html", "application/json", "text/plain"})
    void anAnswerThatIsNotAStreamIsAnOutageAndNotRepeated(String type) {
        upstream.answer(Script.sized(6, 200, "content-type: " + type).write("<html>"));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
        assertThat(failure.failure().errorMessage()).contains(type).doesNotContain("<html>");
    }

    /** The message was billed, so neither this server nor a job or an SDK repeats the request. */
    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream", ""})
    void aWholeMessageInsteadOfEventsIsNotRepeated(String type) {
        String body = "{\"id\":\"msg_1\",\"type\":\"message\",\"content\":[]}";
        upstream.answer(
                type.isEmpty()
                        ? Script.sized(body.length(), 200).write(body)
                        : Script.sized(body.length(), 200, "content-type: " + type)
                                .write(body));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("Claude answered a streaming request with ")
                .doesNotContain("null");
        assertThat(failure.failure().isRetryable()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "", " ", "<html>", "[]"})
    void anAnswerWithoutAContentTypeIsAnOutage(String body) {
        upstream.answer(Script.sized(body.length(), 200).write(body));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
        assertThat(failure.failure().errorMessage())
                .isEqualTo("Claude answered a streaming request with no Content-Type and no events");
    }

    /** Gateways omit the header, send it twice, or send a wrong one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "content-type: text/event-stream#content-type: text/event-stream",
                "content-type: text/event-stream, text/event-stream",
                "content-type:",
                "content-type: text",
                "content-type: text/plain",
                "content-type: application/octet-stream",
                "content-type: TEXT/EVENT-STREAM;charset=utf-8"
            })
    void eventsAreReadWithAnyContentType(String headers) {
        String body = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n" + STOP;
        upstream.answer(
                Script.chunked(200, headers.isEmpty() ? new String[0] : headers.split("#"))
                        .writeByteByByte(Sse.bytes(body)),
                Script.chunked(200, headers.isEmpty() ? new String[0] : headers.split("#"))
                        .write(body));

        for (int i = 0; i < 2; i++) {
            var answer = transport().attempt(stream());

            assertThat(answer.headers().get("content-type"))
                    .isIn("text/event-stream", "TEXT/EVENT-STREAM;charset=utf-8");
            assertThat(names(answer.asEvents().events())).containsExactly("message_start", "message_stop");
        }
    }

    @Test
    void anUnknownEventArrivesAsSoonAsItIsSent() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.chunked(200).event("message_start", "{}").pause(barrier).write(STOP));

        var events = transport().attempt(stream()).asEvents().events();

        assertThat(events.read()).hasSize(1);
        barrier.release();
        assertThat(names(events)).containsExactly("message_stop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "content-type: a/b#content-type: a/b",
                "content-type: application/json, application/json",
                "content-type: nonsense"
            })
    void aWholeAnswerHasOneContentType(String headers) {
        upstream.answer(Script.chunked(200, headers.isEmpty() ? new String[0] : headers.split("#"))
                .write("{}"));

        var answer = transport().attempt(new ClaudeCall(ClaudeRequest.models()));

        assertThat(answer.headers().get("content-type")).isIn("application/json", "a/b");
        assertThat(answer.asWhole().text()).isEqualTo("{}");
    }
}
