package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.TakenRoom;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Coded;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class TransportTest {

    private static final byte[] COMPRESSED = Coded.gzip(Sse.bytes("event: message_start\ndata: {\"x\":\""
            + "0123456789".repeat(1_000) + "\"}\n\nevent: message_stop\ndata: {}\n\n"));
    private static final byte[] BODY = Sse.bytes("{\"model\": \"m\",  \"max_tokens\":1e2}");
    private static final String STOP = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    /** How much later than now the watchdog believes it is. */
    private final AtomicLong later = new AtomicLong();

    private final Watchdog watchdog = new Watchdog(() -> System.nanoTime() + later.get());
    private final List<Transport> opened = new ArrayList<>();

    @AfterEach
    void close() {
        upstream.close();
        opened.forEach(Transport::close);
        threads.shutdownNow();
    }

    // What goes upstream.

    @Test
    void theBodyIsSentAsItIsWithItsLength() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));

        var request = upstream.takeRequest();
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).isEqualTo("/v1/messages");
        assertThat(request.body()).isEqualTo(BODY);
        assertThat(request.header("content-length")).contains("" + BODY.length);
        assertThat(request.header("transfer-encoding")).isEmpty();
        assertThat(request.headerValues("content-type")).containsExactly("application/json");
    }

    /** The room is the request's until Claude has answered: after a refusal the request may be sent again. */
    @Test
    void anErrorTakesNothingOfTheRoomOfTheRequest() throws Exception {
        var room = new TakenRoom(BODY.length);
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded"), Script.json(200, "{}"));
        ClaudeCall call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)), room);

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport().attempt(call)))
                .isNotNull();
        assertThat(room.taken()).isEqualTo(BODY.length);

        transport().attempt(call);
        assertThat(room.taken()).isEqualTo("{}".length());
    }

    @Test
    void aQuestionHasItsQueryAndNoBody() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        transport().attempt(new ClaudeCall(ClaudeRequest.models().withQuery("limit=2&after_id=a%2Fb%20c%7Bd%7D")));

        var request = upstream.takeRequest();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.target()).isEqualTo("/v1/models?limit=2&after_id=a%2Fb%20c%7Bd%7D");
        assertThat(request.body()).isEmpty();
    }

    @Test
    void thePathOfTheBaseUriIsKept() throws Exception {
        upstream.answer(Script.json(200, "{}"));
        var settings = UnguardedClient.settings(URI.create(upstream.url() + "/gateway/claude"));

        transport(settings).attempt(new ClaudeCall(ClaudeRequest.models()));

        assertThat(upstream.takeRequest().target()).isEqualTo("/gateway/claude/v1/models");
    }

    @Test
    void onlyTheHeadersThatHaveToBeAreSent() throws Exception {
        upstream.answer(Script.json(200, "{}"));

        transport().attempt(new ClaudeCall(ClaudeRequest.models().withHeaders(Map.of("anthropic-beta", "a,b"))));

        assertThat(upstream.takeRequest().headers())
                .extracting(line -> line.split(":")[0].toLowerCase(java.util.Locale.ROOT))
                .containsOnlyOnce(
                        "anthropic-beta",
                        "anthropic-version",
                        "x-api-key",
                        "accept",
                        "accept-encoding",
                        "host",
                        "user-agent")
                .isSubsetOf(
                        "anthropic-beta",
                        "anthropic-version",
                        "x-api-key",
                        "accept",
                        "accept-encoding",
                        "host",
                        "user-agent",
                        "connection");
    }

    /** Whatever compresses events may hold them back. */
    @Test
    void compressionIsAskedForUnlessTheAnswerIsEvents() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)));

        transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));
        transport().attempt(stream()).events().close();

        assertThat(upstream.takeRequest().headerValues("accept-encoding")).containsExactly("gzip, deflate");
        assertThat(upstream.takeRequest().headerValues("accept-encoding")).containsExactly("identity");
    }

    @Test
    void acceptSaysWhatIsExpected() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)));

        transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));
        transport().attempt(stream()).events().close();

        assertThat(upstream.takeRequest().headerValues("accept")).containsExactly("application/json");
        assertThat(upstream.takeRequest().headerValues("accept")).containsExactly("text/event-stream");
    }

    @Test
    void theVersionIsOursWhereTheCallerHasNone() throws Exception {
        assertThat(sent(Map.of()).headerValues("anthropic-version")).containsExactly("2023-06-01");
    }

    @Test
    void theCallersVersionIsPassedOn() throws Exception {
        assertThat(sent(Map.of("anthropic-version", "2026-10-21")).headerValues("anthropic-version"))
                .containsExactly("2026-10-21");
    }

    @Test
    void theServersKeyIsSent() throws Exception {
        assertThat(sent(Map.of()).headerValues("x-api-key")).containsExactly("sk-server");
    }

    @ParameterizedTest
    @CsvSource({
        "x-api-key,sk-caller",
        "X-Api-Key,sk-caller",
        "authorization,Bearer sk-caller",
        "Authorization,Bearer sk-caller"
    })
    void theServersKeyReplacesTheCallers(String name, String value) throws Exception {
        var request = sent(Map.of(name, value));

        assertThat(request.headerValues("x-api-key")).containsExactly("sk-server");
        assertThat(request.header("authorization")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"x-api-key,sk-caller", "authorization,Bearer sk-caller"})
    void theCallersKeyIsSentWhereTheServerHasNone(String name, String value) throws Exception {
        var request = sentWithoutServerKey(Map.of(name, value));

        assertThat(request.headerValues(name)).containsExactly(value);
        assertThat(request.headerValues("x-api-key").size()
                        + request.headerValues("authorization").size())
                .isEqualTo(1);
    }

    @Test
    void ofTwoCredentialsTheKeyIsSent() throws Exception {
        var request = sentWithoutServerKey(Map.of("x-api-key", "sk-caller", "authorization", "Bearer token"));

        assertThat(request.headerValues("x-api-key")).containsExactly("sk-caller");
        assertThat(request.header("authorization")).isEmpty();
    }

    // What comes back.

    @Test
    void aWholeAnswerComesBackByteForByte() {
        upstream.answer(Script.json(201, "{ \"a\":1.0 , \"ä\": \"\\u00e4\"}"));

        var answer = transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));

        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.text()).isEqualTo("{ \"a\":1.0 , \"ä\": \"\\u00e4\"}");
        assertThat(answer.events()).isNull();
    }

    @Test
    void onlyTheHeadersOfTheApiComeBack() {
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
            assertThat(failure.failure().mayPass()).isFalse();
            assertThat(failure.failure().errorMessage())
                    .contains(
                            "claude.base-url",
                            "redirect (HTTP status " + status + ") to https://elsewhere.example:8443.")
                    .doesNotContain("secret", "user", "login");
        }
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void aRedirectNamesHostsOfEverySpelling() {
        upstream.answer(Script.json(302, "{}", "location: http://user:secret@llm_gateway:8080/v1"));

        assertThat(failure(stream()).failure().errorMessage()).contains(" to http://llm_gateway:8080.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "location:", "location: /v2", "location: http://", "location: ::", "location: http://a b/"})
    void aRedirectMayLeadNowhere(String header) {
        upstream.answer(header.isEmpty() ? Script.json(302, "{}") : Script.json(302, "{}", header));

        assertThat(failure(stream()).failure().errorMessage())
                .contains("redirect (HTTP status 302). Redirects are not followed");
    }

    @ParameterizedTest
    @ValueSource(ints = {304, 399, 600, 999})
    void aStatusThatIsNeitherAnAnswerNorAnErrorIsNotPassedOn(int status) {
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
    void nothingIsTriedTwice(int status) {
        upstream.otherwise(request -> Script.error(status, "x", "y"));

        failure(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));

        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aStreamComesBackWithItsFirstEventAndAllOthers() {
        upstream.answer(Script.sse(
                Sse.bytes("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n" + STOP)));

        var answer = transport().attempt(stream());

        assertThat(answer.headers()).containsEntry("request-id", "req_scripted");
        assertThat(answer.body()).isEmpty();
        assertThat(names(answer.events())).containsExactly("message_start", "message_stop");
    }

    @Test
    void aReadTakesAllChunksThatHaveArrived() throws Exception {
        var begun = new Barrier();
        var written = new Barrier();
        var script = Script.sseHead().event("first", "{}").pause(begun);
        for (int i = 0; i < 30; i++) {
            script = script.event("next", "{}");
        }
        upstream.answer(script.pause(written));
        EventStream events = transport().attempt(stream()).events();
        assertThat(events.read()).hasSize(1);
        begun.release();
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

        assertThat(names(transport().attempt(stream()).events())).containsExactly("ping", "ping", "message_stop");
    }

    @ParameterizedTest
    @CsvSource({"text/html", "application/json", "text/plain"})
    void anythingButAStreamIsAnOutageAndNotRepeated(String type) {
        upstream.answer(Script.sized(6, 200, "content-type: " + type).write("<html>"));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.API);
        assertThat(failure.failure().errorMessage()).contains(type).doesNotContain("<html>");
    }

    /** It was paid for, so neither this server nor a job or an SDK asks again. */
    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/event-stream", ""})
    void aWholeMessageInPlaceOfEventsIsNotRepeated(String type) {
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
        assertThat(failure.failure().mayPass()).isFalse();
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

    /** Gateways leave the header out, write it twice, or have the wrong one. */
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
    void eventsAreEventsWhateverTheirContentType(String headers) {
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
            assertThat(names(answer.events())).containsExactly("message_start", "message_stop");
        }
    }

    @Test
    void anEventOfUnknownTypeComesAsSoonAsItIsSent() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.chunked(200).event("message_start", "{}").pause(barrier).write(STOP));

        var events = transport().attempt(stream()).events();

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
        assertThat(answer.text()).isEqualTo("{}");
    }

    @ParameterizedTest
    @CsvSource({
        "invalid_request_error,400",
        "authentication_error,401",
        "not_found_error,404",
        "rate_limit_error,429",
        "api_error,500",
        "timeout_error,504",
        "overloaded_error,529",
        "future_error,500"
    })
    void anErrorAsJsonUnderStatus200HasTheStatusOfItsType(String type, int status) {
        for (String contentType : List.of("application/json", "text/event-stream", "text/html")) {
            for (var call : List.of(
                    stream(),
                    new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))),
                    new ClaudeCall(ClaudeRequest.countTokens(RequestBody.of(BODY))),
                    new ClaudeCall(ClaudeRequest.models()),
                    new ClaudeCall(ClaudeRequest.batchResults("x")))) {
                upstream.answer(Script.chunked(
                                200, "content-type: " + contentType, "request-id: req_scripted", "retry-after: 7")
                        .write(Script.errorBody(type, "No")));

                var failure = failure(call);

                assertThat(failure.failure().status()).isEqualTo(status);
                assertThat(failure.failure().type().value()).isEqualTo(type);
                assertThat(failure.failure().errorMessage()).isEqualTo("No");
                assertThat(failure.failure().body()).isEqualTo(Script.errorBody(type, "No"));
                assertThat(failure.failure().retryAfter()).contains(Duration.ofSeconds(7));
                assertThat(failure.failure().requestId()).contains("req_scripted");
                assertThat(failure)
                        .isInstanceOf(
                                type.startsWith("future")
                                        ? AttemptFailure.Outage.class
                                        : status == 409 || status == 429
                                                ? AttemptFailure.PassingRefusal.class
                                                : status >= 500
                                                        ? AttemptFailure.PassingOutage.class
                                                        : AttemptFailure.Refusal.class);
            }
        }
    }

    @Test
    void afterAnErrorUnderStatus200TheWholeRequestIsSentAgain() throws Exception {
        upstream.answer(Script.json(200, Script.errorBody("overloaded_error", "No")), Script.json(200, "{}"));
        var transport = transport();
        var call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)));

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call)))
                .isNotNull();
        transport.attempt(call);

        upstream.takeRequest();
        assertThat(upstream.takeRequest().body()).isEqualTo(BODY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"error\",\"message\":\"No\"}",
                "{\"type\":\"error\",\"error\":{\"message\":\"No\"}}",
                "{\"error\":{\"message\":\"No\"}}",
                "{\"type\":\"error\",\"error\":\"No\"}"
            })
    void anErrorWithoutATypeIsAnErrorOfTheApi(String body) {
        upstream.answer(Script.json(200, body));

        assertThat(failure(stream()).failure())
                .returns(500, ClaudeException::status)
                .returns("No", ClaudeException::errorMessage);
    }

    @Test
    void anErrorUnderStatus200MayBeMarked() {
        upstream.answer(Script.json(200, "\uFEFF\n" + Script.errorBody("not_found_error", "No")));

        assertThat(failure(new ClaudeCall(ClaudeRequest.model("x"))).failure())
                .returns(404, ClaudeException::status)
                .returns("No", ClaudeException::errorMessage);
    }

    @Test
    void anErrorMayBeMarked() {
        upstream.answer(Script.json(404, "\uFEFF" + Script.errorBody("not_found_error", "No")));

        assertThat(failure(new ClaudeCall(ClaudeRequest.model("x"))).failure())
                .returns("No", ClaudeException::errorMessage)
                .returns(Script.errorBody("not_found_error", "No"), ClaudeException::body);
    }

    @Test
    void anErrorUnderStatus200IsLimited() {
        upstream.answer(
                Script.chunked(200).write("{\"type\":\"error\",\"error\":{\"message\":\"" + "x".repeat(2 << 20)));

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.Outage.class).hasMessageContaining("longer than");
    }

    @ParameterizedTest
    @CsvSource({
        "invalid_request_error,400",
        "authentication_error,401",
        "billing_error,402",
        "permission_error,403",
        "not_found_error,404",
        "conflict_error,409",
        "request_too_large,413",
        "rate_limit_error,429",
        "api_error,500",
        "timeout_error,504",
        "overloaded_error,529",
        "future_error,500"
    })
    void anErrorThatComesFirstHasTheStatusOfItsType(String type, int status) {
        upstream.answer(Script.sseHead("retry-after: 7").event("error", Script.errorBody(type, "No")));

        var failure = failure(stream());

        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(failure.failure().type().value()).isEqualTo(type);
        assertThat(failure.failure().errorMessage()).isEqualTo("No");
        assertThat(failure.failure().retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(failure.failure().requestId()).contains("req_scripted");
        assertThat(failure)
                .isInstanceOf(
                        type.startsWith("future")
                                ? AttemptFailure.Outage.class
                                : status == 409 || status == 429
                                        ? AttemptFailure.PassingRefusal.class
                                        : status >= 500
                                                ? AttemptFailure.PassingOutage.class
                                                : AttemptFailure.Refusal.class);
    }

    @Test
    void anErrorAfterPingsComesFirstToo() {
        upstream.answer(
                Script.sseHead().event("ping", "{}").event("error", Script.errorBody("overloaded_error", "No")));

        assertThat(failure(stream()).failure().status()).isEqualTo(529);
    }

    @Test
    void afterAnErrorThatComesFirstTheWholeRequestIsSentAgain() throws Exception {
        upstream.answer(
                Script.sseHead().event("error", Script.errorBody("overloaded_error", "No")),
                Script.sse(Sse.bytes(STOP)));
        var transport = transport();
        var call = stream();

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call)))
                .isNotNull();
        transport.attempt(call);

        upstream.takeRequest();
        assertThat(upstream.takeRequest().body()).isEqualTo(BODY);
    }

    @Test
    void anErrorAfterTheFirstEventIsAnEvent() {
        upstream.answer(Script.sseHead()
                .event("message_start", "{}")
                .event("error", Script.errorBody("overloaded_error", "No")));

        assertThat(names(transport().attempt(stream()).events())).containsExactly("message_start", "error");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", ": nothing\n\n", "event: ping\ndata: {}\n\n", "event: message_start\ndata: {", "<html>"})
    void anEndBeforeTheFirstEventIsAnOutage(String body) {
        upstream.answer(Script.sse(Sse.bytes(body)));

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.PassingOutage.class);
        assertThat(failure.failure().errorMessage()).contains("before its first event");
    }

    @Test
    void aCutBeforeTheFirstEventIsAnOutage() {
        upstream.answer(Script.sseHead().cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.PassingOutage.class);
    }

    @Test
    void aCutBeforeTheHeadIsAnOutage() {
        upstream.answer(Script.nothing().cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.PassingOutage.class);
    }

    @Test
    void garbageForAHeadIsAnOutage() {
        upstream.answer(Script.nothing().raw("garbage\r\n\r\n").cut());

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.PassingOutage.class);
    }

    @Test
    void aWholeAnswerThatBreaksOffIsAnOutageThatIsNotTriedAgain() {
        upstream.answer(Script.sized(100, 200, "content-type: application/json")
                .write("{")
                .cut());

        assertThat(failure(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)))))
                .isInstanceOf(AttemptFailure.Outage.class);
    }

    @ParameterizedTest
    @CsvSource({
        "400,Refusal",
        "401,Refusal",
        "403,Refusal",
        "404,Refusal",
        "413,Refusal",
        "408,PassingRefusal",
        "409,PassingRefusal",
        "429,PassingRefusal",
        "500,PassingOutage",
        "502,PassingOutage",
        "503,PassingOutage",
        "529,PassingOutage"
    })
    void anErrorStatusKeepsItsBodyAndIsClassed(int status, String kind) {
        String body =
                "{ \"type\":\"error\", \"error\": {\"type\":\"some_error\",\"message\":\"No\",\"details\":{\"n\":1.0}} }";
        upstream.answer(Script.json(status, body, "anthropic-ratelimit-tokens-limit: 9", "set-cookie: a=b"));

        var failure = failure(stream());

        assertThat(failure.getClass().getSimpleName()).isEqualTo(kind);
        assertThat(failure.failure().status()).isEqualTo(status);
        assertThat(failure.failure().body()).isEqualTo(body);
        assertThat(failure.failure().headers())
                .containsOnly(
                        Map.entry("anthropic-ratelimit-tokens-limit", "9"), Map.entry("request-id", "req_scripted"));
    }

    @Test
    void aPageOfAProxyBecomesAnErrorOfItsStatus() {
        upstream.answer(Script.sized(6, 502, "content-type: text/html").write("<html>"));

        assertThat(failure(stream()).failure().body())
                .contains("\"api_error\"", "HTTP status 502")
                .doesNotContain("html>");
    }

    @ParameterizedTest
    @CsvSource({
        "400,true,PassingRefusal",
        "400,false,Refusal",
        "429,false,Refusal",
        "500,false,Outage",
        "529,true,PassingOutage",
        "500,maybe,PassingOutage"
    })
    void xShouldRetryWins(int status, String advice, String kind) {
        upstream.answer(Script.error(status, "x", "y", "x-should-retry: " + advice));

        assertThat(failure(stream()).getClass().getSimpleName()).isEqualTo(kind);
    }

    @Test
    void aSpendLimitIsNotTriedAgain() {
        upstream.answer(Script.json(
                429,
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"x\","
                        + "\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}}}"));

        assertThat(failure(stream())).isInstanceOf(AttemptFailure.Refusal.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "retry-after: 3|3000",
                "retry-after: 0.25|250",
                "retry-after-ms: 40|40",
                "retry-after: Wed, 21 Oct 2026 07:28:05 GMT|5000"
            })
    void retryAfterHasManyForms(String header, long millis) {
        upstream.answer(Script.error(429, "rate_limit_error", "x", header, "date: Wed, 21 Oct 2026 07:28:00 GMT"));

        assertThat(failure(stream()).failure().retryAfter()).contains(Duration.ofMillis(millis));
    }

    @Test
    void retryAfterInMillisecondsWins() {
        upstream.answer(Script.error(429, "rate_limit_error", "x", "retry-after: 3", "retry-after-ms: 40"));

        assertThat(failure(stream()).failure().retryAfter()).contains(Duration.ofMillis(40));
    }

    // Content codings.

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
            assertThat(answer.text()).isEqualTo(text);
            assertThat(answer.headers()).doesNotContainKeys("content-encoding", "content-length");
        }
        assertThat(transport()
                        .attempt(new ClaudeCall(ClaudeRequest.batchResults("x")))
                        .content())
                .hasContent(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "", "IDENTITY", ","})
    void noCodingIsNone(String coding) {
        upstream.answer(Script.json(200, "{}", "content-encoding: " + coding));

        assertThat(transport().attempt(new ClaudeCall(ClaudeRequest.models())).text())
                .isEqualTo("{}");
    }

    @Test
    void anEmptyBodyHasNothingToDecode() {
        upstream.answer(Script.sized(0, 200, "content-encoding: gzip"), Script.chunked(200, "content-encoding: gzip"));

        assertThat(transport().attempt(new ClaudeCall(ClaudeRequest.models())).body())
                .isEmpty();
        assertThat(failure(new ClaudeCall(ClaudeRequest.models()))).hasMessageContaining("broke off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void compressedEventsComeAsTheyAreSent(String kind) throws Exception {
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

        var events = transport.attempt(stream()).events();

        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("message_start");
        barriers.get(0).release();
        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("one");
        barriers.get(1).release();
        assertThat(events.read()).extracting(ServerSentEvent::name).containsExactly("message_stop");
        events.drain();
        events.close();
        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    /** A message was paid for. Neither this server, nor a job, nor an SDK asks for it again. */
    @ParameterizedTest
    @ValueSource(strings = {"br", "zstd", "gzip, br", "gzip, gzip", "x"})
    void anotherCodingIsOneFailure(String coding) {
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
            assertThat(failure.failure().mayPass()).isFalse();
        }
    }

    /** HttpClient knows {@code chunked} alone, and the message was made by then. */
    @Test
    void anotherTransferCodingIsOneFailure() {
        upstream.answer(Script.nothing()
                .raw("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n")
                .stall());

        var failure = failure(stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("Claude's answer cannot be decoded: ")
                .contains("gzip, chunked");
        assertThat(failure.failure().mayPass()).isFalse();
    }

    @Test
    void aCompressedAnswerThatIsCorruptIsOneFailure() {
        byte[] coded = COMPRESSED.clone();
        coded[coded.length - 5] ^= 1;
        for (var call : List.of(stream(), new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))))) {
            upstream.answer(Script.chunked(200, "content-encoding: gzip", "content-type: text/event-stream")
                    .write(coded));

            var failure = catchThrowableOfType(
                    RuntimeException.class,
                    () -> names(transport().attempt(call).events()));

            var told = failure instanceof AttemptFailure attempt ? attempt.failure() : (ClaudeException) failure;
            assertThat(failure).isNotInstanceOf(AttemptFailure.PassingOutage.class);
            assertThat(told.errorMessage()).startsWith("Claude's answer cannot be decoded: its gzip data is corrupt");
            assertThat(told.mayPass()).isFalse();
        }
    }

    /**
     * As it would be without compression: a stream that has not begun is asked for again, and one that has begun may be
     * continued.
     */
    @ParameterizedTest
    @ValueSource(ints = {5, 60, 1, 100_000})
    void aCompressedAnswerThatBreaksOffIsABrokenConnection(int less) {
        byte[] coded = Arrays.copyOf(COMPRESSED, Math.max(0, COMPRESSED.length - less));
        for (var call : List.of(stream(), new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))))) {
            upstream.answer(Script.chunked(200, "content-encoding: gzip", "content-type: text/event-stream")
                    .write(coded));

            var failure = catchThrowableOfType(
                    RuntimeException.class,
                    () -> names(transport().attempt(call).events()));

            var told = failure instanceof AttemptFailure attempt ? attempt.failure() : (ClaudeException) failure;
            assertThat(told.errorMessage()).startsWith("The connection to Claude broke off: ");
            assertThat(told.mayPass()).isTrue();
            if (failure instanceof AttemptFailure) {
                assertThat(failure)
                        .isInstanceOf(
                                call.form() == Endpoint.Form.EVENTS
                                        ? AttemptFailure.PassingOutage.class
                                        : AttemptFailure.Outage.class);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"400,br,Refusal", "429,br,PassingRefusal", "529,zstd,PassingOutage", "503,br,PassingOutage"})
    void anErrorCountsByItsStatusWhateverItsCoding(int status, String coding, String kind) {
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

    /** The limits are for what is decoded: 20 KB on the wire may be 20 MB. */
    @Test
    void limitsCountWhatIsDecoded() {
        byte[] bomb = Coded.gzip(new byte[20 << 20]);
        var room = new TakenRoom(0);
        upstream.answer(
                Script.sized(bomb.length, 200, "content-encoding: gzip").write(bomb),
                Script.sized(bomb.length, 400, "content-encoding: gzip").write(bomb));

        assertThat(failure(new ClaudeCall(ClaudeRequest.models(), room)))
                .hasMessageContaining("longer than " + (8 << 20));
        assertThat(room.taken()).isBetween(8L << 20, 17L << 20);
        assertThat(failure(stream()).failure().status()).isEqualTo(400);
    }

    @Test
    void aCompressedEventHasTheLimitOfAnEvent() {
        byte[] bomb = Coded.gzip(Sse.bytes("event: message_start\ndata: {}\n\ndata: " + "x".repeat(40 << 20)));
        upstream.answer(Script.sseHead("content-encoding: gzip").write(bomb));
        var events = transport().attempt(stream()).events();

        var failure = catchThrowableOfType(ClaudeException.class, () -> names(events));

        assertThat(failure.errorMessage()).contains("an event is larger than");
    }

    // The pool.

    @Test
    void aFullPoolIsOverloadedAfterTheLeaseTimeout() {
        upstream.answer(Script.sseHead().write(STOP).stall());
        Transport transport = transport(pool(1, 1));
        transport.attempt(stream());

        var failure = failure(transport, stream());

        assertThat(failure).isInstanceOf(AttemptFailure.Refusal.class);
        assertThat(failure.failure().status()).isEqualTo(529);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(failure.failure().retryAfter()).contains(Duration.ofMillis(50));
        assertThat(failure.failure().errorMessage()).contains("claude.pool.max-connections");
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aStreamHoldsAConnectionUntilItIsClosed() throws Exception {
        upstream.answer(Script.sse(Sse.bytes(STOP)));
        Transport transport = transport();
        var events = transport.attempt(stream()).events();
        assertThat(transport.pool().leased()).isEqualTo(1);

        events.drain();
        events.close();

        assertThat(transport.pool().leased()).isZero();
        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    @Test
    void aStreamThatEndedLeavesItsConnectionToTheNext() throws Exception {
        upstream.otherwise(request -> Script.sse(Sse.bytes(STOP)));
        Transport transport = transport();

        for (int i = 0; i < 3; i++) {
            var events = transport.attempt(stream()).events();
            events.drain();
            events.close();
        }

        assertThat(upstream.acceptedConnections()).isEqualTo(1);
    }

    @Test
    void anErrorAnswerLeavesNothingLeased() {
        upstream.otherwise(request -> Script.error(529, "overloaded_error", "x"));
        Transport transport = transport();

        for (int i = 0; i < 20; i++) {
            failure(transport, stream());
        }

        assertThat(transport.pool().leased()).isZero();
    }

    @Test
    void aFirstErrorLeavesNothingLeased() throws Exception {
        upstream.otherwise(request -> Script.sseHead()
                .event("error", Script.errorBody("overloaded_error", "x"))
                .stall());
        Transport transport = transport();

        for (int i = 0; i < 20; i++) {
            failure(transport, stream());
        }

        assertThat(transport.pool().leased()).isZero();
        upstream.awaitOpenConnections(0);
    }

    @Test
    void onlySoManyConnectionsAreKeptIdle() throws Exception {
        var barrier = new Barrier();
        upstream.otherwise(request -> Script.sseHead().write(STOP).pause(barrier));
        Transport transport = transport(pool(10, 2));
        var streams = new ArrayList<EventStream>();
        for (int i = 0; i < 5; i++) {
            streams.add(transport.attempt(stream()).events());
        }
        assertThat(transport.pool().leased()).isEqualTo(5);

        barrier.release();
        for (EventStream events : streams) {
            events.drain();
            events.close();
        }

        assertThat(transport.pool().idle()).isEqualTo(2);
        upstream.awaitOpenConnections(2);
    }

    @Test
    void idleConnectionsAreClosedByTheWatchdog() throws Exception {
        upstream.answer(Script.json(200, "{}"));
        Transport transport = transport(settings(10, 5, Duration.ofMillis(1), Duration.ofSeconds(5)));
        transport.attempt(new ClaudeCall(ClaudeRequest.models()));

        while (transport.pool().idle() > 0) { // the pool looks at the clock of the machine
            pass(Duration.ofSeconds(1));
        }

        upstream.awaitOpenConnections(0);
    }

    @Test
    void idleConnectionsAreKeptAsLongAsTheyMay() {
        upstream.answer(Script.json(200, "{}"));
        Transport transport = transport();
        transport.attempt(new ClaudeCall(ClaudeRequest.models()));

        pass(Duration.ofSeconds(5));

        assertThat(transport.pool().idle()).isEqualTo(1);
    }

    @Test
    void aClosedPortIsAnOutageThatMayPass() throws Exception {
        int port;
        try (var server = new ServerSocket(0)) {
            port = server.getLocalPort();
        }

        var failure = failure(transport(UnguardedClient.settings(URI.create("http://127.0.0.1:" + port))), stream());

        assertThat(failure).isInstanceOf(AttemptFailure.PassingOutage.class);
        assertThat(failure.failure().status()).isEqualTo(500);
        assertThat(failure.failure().errorMessage()).startsWith("Claude could not be reached");
    }

    @Test
    void aHostThatIsNotKnownIsNamed() {
        var failure = failure(transport(UnguardedClient.settings(URI.create("http://nowhere.invalid"))), stream());

        assertThat(failure).isInstanceOf(AttemptFailure.PassingOutage.class);
        assertThat(failure.failure().errorMessage())
                .startsWith("Claude could not be reached: no address is known of nowhere.invalid");
    }

    @Test
    void aHostThatDoesNotAcceptIsAnOutageAfterTheConnectTimeout() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                var backlog = new Backlog(server)) {
            var settings = settings(
                    URI.create("http://127.0.0.1:" + server.getLocalPort()),
                    10,
                    5,
                    Duration.ofSeconds(30),
                    Duration.ofMillis(100));

            var failure = failure(transport(settings), stream());

            assertThat(failure).isInstanceOf(AttemptFailure.PassingOutage.class);
            assertThat(failure.failure().errorMessage()).startsWith("Claude could not be reached");
        }
    }

    // Silence.

    @Test
    void silenceBeforeTheHeadIsATimeout() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void silenceBeforeTheFirstEventIsATimeout() throws Exception {
        upstream.answer(Script.sseHead().event("ping", "{}").stall());
        assertTimesOut(() -> transport().attempt(stream()));
    }

    @Test
    void silenceBetweenEventsIsATimeout() throws Exception {
        upstream.answer(Script.sseHead().event("message_start", "{}").stall());
        var events = transport().attempt(stream()).events();
        events.read();

        Future<List<ServerSentEvent>> reading = threads.submit(events::read);
        ClaudeException failure = (ClaudeException) tickUntilFailed(reading);

        assertThat(failure.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.status()).isEqualTo(504);
        assertThat(failure.errorMessage()).contains("120 s");
    }

    @Test
    void aStreamMayTakeAsLongAsItLikesWhileEventsCome() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.sseHead().event("message_start", "{}").pause(barrier).write(STOP));
        var events = transport().attempt(stream()).events();
        events.read();

        pass(Duration.ofHours(1)); // nobody waits for bytes: the reader writes
        barrier.release();

        assertThat(names(events)).containsExactly("message_stop");
    }

    @Test
    void aWholeAnswerHasTheRequestTimeout() throws Exception {
        upstream.answer(Script.nothing().stall());
        var call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)));
        call.beginAttempt(new Retries(() -> 0), Duration.ofMinutes(10));
        Transport transport = transport();
        Future<ClaudeAnswer> asking = threads.submit(() -> transport.attempt(call));
        upstream.takeRequest();

        pass(Duration.ofMinutes(9));
        assertThat(call.patience().isTimedOut()).isFalse();

        var failure = (AttemptFailure) tickUntilFailed(asking);
        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().errorMessage()).isEqualTo("Claude did not answer within 600 s");
    }

    /** A head that comes late leaves less for the body. */
    @Test
    void theRequestTimeoutIsOneForTheHeadAndTheBody() {
        var patience = Duration.ofMinutes(10);
        var call = new ClaudeCall(ClaudeRequest.models());
        call.beginAttempt(new Retries(() -> 0), patience);
        call.startSending();
        long sent = System.nanoTime();
        call.patience().endWait();
        while (System.nanoTime() < sent + 10) {
            Thread.onSpinWait();
        }
        call.patience().startWait();

        call.patience().check(sent + patience.toNanos() + 2);

        assertThat(call.patience().isTimedOut()).isTrue();
    }

    // Canceled.

    @Test
    void aCallMayBeCanceledBeforeItsHead() throws Exception {
        upstream.answer(Script.nothing().stall());
        assertCanBeCanceled(stream(), upstream::takeRequest);
    }

    @Test
    void aCallMayBeCanceledBeforeItsFirstEvent() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sseHead().event("ping", "{}").pause(barrier).stall());
        assertCanBeCanceled(stream(), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aCallMayBeCanceledWithinItsBody() throws Exception {
        var barrier = new Barrier();
        upstream.answer(Script.sized(100, 200, "content-type: application/json")
                .write("{")
                .pause(barrier)
                .stall());
        assertCanBeCanceled(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))), () -> {
            barrier.awaitReached();
            barrier.release();
            return null;
        });
    }

    @Test
    void aCallMayBeCanceledWhileItWaitsForAConnection() throws Exception {
        upstream.answer(Script.sseHead().write(STOP).stall());
        var settings = new ClientSettings(
                upstream.url(),
                Optional.empty(),
                "v",
                Duration.ofSeconds(5),
                Duration.ofSeconds(120),
                Duration.ofMinutes(5),
                Duration.ofMinutes(10),
                1,
                1,
                Duration.ofSeconds(30));
        Transport transport = transport(settings);
        transport.attempt(stream());
        var call = stream();
        var thread = new Thread[1];
        Future<ClaudeAnswer> asking = threads.submit(() -> {
            thread[0] = Thread.currentThread();
            return transport.attempt(call);
        });
        while (thread[0] == null || thread[0].getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        call.cancel();

        assertCanceled(asking);
    }

    @Test
    void aStreamMayBeCanceledWhileItIsRead() throws Exception {
        var barrier = new Barrier();
        upstream.answer(
                Script.sseHead().event("message_start", "{}").pause(barrier).stall());
        var call = stream();
        var events = transport().attempt(call).events();
        events.read();
        Future<List<ServerSentEvent>> reading = threads.submit(events::read);
        barrier.awaitReached();
        barrier.release();

        call.cancel();

        assertThat(failureOf(reading)).isInstanceOf(ClaudeException.class);
        upstream.awaitOpenConnections(0);
    }

    @Test
    void aCancelJustBeforeTheRequestIsSentCutsIt() {
        upstream.answer(Script.nothing().stall());
        var call = stream();
        call.cancel();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("canceled");
    }

    @Test
    void theReasonOfTheFirstCancellationIsWhatTheCallerGets() {
        upstream.answer(Script.nothing().stall());
        var call = stream();
        call.cancel(ClaudeException.of(503, ErrorType.API, "The server is shutting down"));
        call.cancel();

        assertThat(failure(call)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("shutting down");
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1)))
                        .status())
                .isEqualTo(503);
    }

    @Test
    void aCanceledCallIsNotBegun() {
        var call = stream();
        call.cancel();

        assertThat(catchThrowableOfType(
                        ClaudeException.class, () -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1))))
                .hasMessageContaining("canceled");
    }

    @Test
    void aWaitForTheNextAttemptEndsWhenTheCallIsCanceled() throws Exception {
        var call = stream();
        call.endAttempt(ClaudeException.of(ErrorType.OVERLOADED, "x").withRetryAfter(Duration.ofSeconds(60)));
        Future<?> waiting = threads.submit(() -> call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(1)));

        call.cancel();

        assertThat(failureOf(waiting)).isInstanceOf(ClaudeException.class).hasMessageContaining("canceled");
    }

    @Test
    void theWatchdogForgetsWhatHasEnded() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)), Script.error(400, "x", "y"));
        Transport transport = transport();
        var first = new ClaudeCall(ClaudeRequest.models());
        var second = stream();
        var third = stream();
        transport.attempt(first);
        var events = transport.attempt(second).events();
        events.drain();
        events.close();
        failure(transport, third);

        for (var call : List.of(first, second, third)) {
            call.patience().startWait();
        }
        pass(Duration.ofHours(1));

        assertThat(List.of(first, second, third))
                .noneMatch(call -> call.patience().isTimedOut());
    }

    private void assertCanBeCanceled(ClaudeCall call, Callable<?> phase) throws Exception {
        Transport transport = transport();
        Future<ClaudeAnswer> asking = threads.submit(() -> transport.attempt(call));
        phase.call();

        call.cancel();

        assertCanceled(asking);
        upstream.awaitOpenConnections(0);
        assertThat(transport.pool().leased()).isZero();
    }

    private static void assertCanceled(Future<ClaudeAnswer> asking) throws Exception {
        assertThat(failureOf(asking)).isInstanceOf(AttemptFailure.Refusal.class).hasMessageContaining("canceled");
    }

    private void assertTimesOut(Callable<ClaudeAnswer> attempt) throws Exception {
        Future<ClaudeAnswer> asking = threads.submit(attempt);
        upstream.takeRequest();

        var failure = (AttemptFailure) tickUntilFailed(asking);

        assertThat(failure).isInstanceOf(AttemptFailure.Outage.class);
        assertThat(failure.failure().type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.failure().status()).isEqualTo(504);
        upstream.awaitOpenConnections(0);
    }

    /** The reader may be on its way into the wait; each tick is more than the read time-out later than the last. */
    private Throwable tickUntilFailed(Future<?> reading) throws Exception {
        while (!reading.isDone()) {
            pass(Duration.ofMinutes(11));
            Thread.onSpinWait();
        }
        return failureOf(reading);
    }

    private static Throwable failureOf(Future<?> future) throws Exception {
        return catchThrowableOfType(ExecutionException.class, () -> future.get(10, TimeUnit.SECONDS))
                .getCause();
    }

    private void pass(Duration time) {
        later.addAndGet(time.toNanos());
        watchdog.tick();
    }

    private ReceivedRequest sent(Map<String, String> headers) throws Exception {
        upstream.answer(Script.json(200, "{}"));
        transport().attempt(new ClaudeCall(ClaudeRequest.models().withHeaders(headers)));
        return upstream.takeRequest();
    }

    private ReceivedRequest sentWithoutServerKey(Map<String, String> headers) throws Exception {
        upstream.answer(Script.json(200, "{}"));
        var with = UnguardedClient.settings(upstream.url());
        transport(new ClientSettings(
                        with.baseUri(),
                        Optional.empty(),
                        with.version(),
                        with.connectTimeout(),
                        with.readTimeout(),
                        with.leaseTimeout(),
                        with.requestTimeout(),
                        with.maxConnections(),
                        with.maxIdle(),
                        with.keepAlive()))
                .attempt(new ClaudeCall(ClaudeRequest.models().withHeaders(headers)));
        return upstream.takeRequest();
    }

    private AttemptFailure failure(ClaudeCall call) {
        return failure(transport(), call);
    }

    private static AttemptFailure failure(Transport transport, ClaudeCall call) {
        return catchThrowableOfType(AttemptFailure.class, () -> transport.attempt(call));
    }

    private Transport transport() {
        return transport(UnguardedClient.settings(upstream.url()));
    }

    private Transport transport(ClientSettings settings) {
        var transport = new Transport(settings, watchdog);
        opened.add(transport);
        return transport;
    }

    private ClientSettings pool(int maxConnections, int maxIdle) {
        return settings(maxConnections, maxIdle, Duration.ofSeconds(30), Duration.ofSeconds(5));
    }

    private ClientSettings settings(int maxConnections, int maxIdle, Duration keepAlive, Duration connectTimeout) {
        return settings(upstream.url(), maxConnections, maxIdle, keepAlive, connectTimeout);
    }

    private static ClientSettings settings(
            URI uri, int maxConnections, int maxIdle, Duration keepAlive, Duration connectTimeout) {
        return new ClientSettings(
                uri,
                Optional.empty(),
                "2023-06-01",
                connectTimeout,
                Duration.ofSeconds(120),
                Duration.ofMillis(50),
                Duration.ofMinutes(10),
                maxConnections,
                maxIdle,
                keepAlive);
    }

    /** A call as {@link ClaudeClient} hands it to an attempt. */
    private static ClaudeCall stream() {
        var call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(BODY)));
        call.beginAttempt(new Retries(() -> 0), Duration.ofSeconds(120));
        return call;
    }

    private static List<String> names(EventStream stream) {
        var names = new ArrayList<String>();
        for (var events = stream.read(); !events.isEmpty(); events = stream.read()) {
            events.forEach(event -> names.add(event.name()));
        }
        return names;
    }

    /** Connections that nobody accepts: as many as the kernel takes, and one that it lets wait. */
    private static final class Backlog implements AutoCloseable {

        private final List<SocketChannel> channels = new ArrayList<>();

        Backlog(ServerSocket server) throws IOException {
            for (int i = 0; i < 8; i++) {
                var channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()));
                channels.add(channel);
            }
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel channel : channels) {
                channel.close();
            }
        }
    }
}
