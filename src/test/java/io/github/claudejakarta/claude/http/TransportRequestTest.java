package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.runtime.CountedReservation;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests, as a transport sends them to Claude. */
class TransportRequestTest extends ScriptedTransport {

    @Test
    void releasesTheBodyWhenAWholeAnswerBeginsAndKeepsItForARetry() {
        var releases = new AtomicInteger();
        var call = new ClaudeCall(ClaudeRequest.message(new BufferedBody(BODY, releases::incrementAndGet)));
        upstream.answer(Script.json(529, "{}"), Script.json(200, "{}"));

        failure(call);
        assertThat(releases).as("after a refusal").hasValue(0);
        transport().attempt(call);

        assertThat(releases).hasValue(1);
        assertThat(call.bodyBytes()).isEmpty();
    }

    @Test
    void sendsTheBodyUnchangedWithItsLength() throws Exception {
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

    /**
     * The memory belongs to the request until Claude has answered, because the request may be sent again after a
     * refusal.
     */
    @Test
    void anErrorDoesNotUseTheReservationOfTheRequest() throws Exception {
        var reservation = new CountedReservation(BODY.length);
        upstream.answer(Script.error(529, "overloaded_error", "Overloaded"), Script.json(200, "{}"));
        ClaudeCall call = new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY)), reservation);

        assertThat(catchThrowableOfType(AttemptFailure.class, () -> transport().attempt(call)))
                .isNotNull();
        assertThat(reservation.taken()).isEqualTo(BODY.length);

        transport().attempt(call);
        assertThat(reservation.taken()).isEqualTo("{}".length());
    }

    @Test
    void aReadHasItsQueryAndNoBody() throws Exception {
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
    void sendsOnlyNecessaryHeaders() throws Exception {
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

    /** A compressor may delay events. */
    @Test
    void requestsCompressionExceptForEvents() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)));

        transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));
        transport().attempt(stream()).asEvents().events().close();

        assertThat(upstream.takeRequest().headerValues("accept-encoding")).containsExactly("gzip, deflate");
        assertThat(upstream.takeRequest().headerValues("accept-encoding")).containsExactly("identity");
    }

    @Test
    void sendsTheExpectedContentType() throws Exception {
        upstream.answer(Script.json(200, "{}"), Script.sse(Sse.bytes(STOP)));

        transport().attempt(new ClaudeCall(ClaudeRequest.message(RequestBody.of(BODY))));
        transport().attempt(stream()).asEvents().events().close();

        assertThat(upstream.takeRequest().headerValues("accept")).containsExactly("application/json");
        assertThat(upstream.takeRequest().headerValues("accept")).containsExactly("text/event-stream");
    }

    @Test
    void sendsTheConfiguredVersionByDefault() throws Exception {
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
    void sendsTheCallersKeyIfTheServerHasNone(String name, String value) throws Exception {
        var request = sentWithoutServerKey(Map.of(name, value));

        assertThat(request.headerValues(name)).containsExactly(value);
        assertThat(request.headerValues("x-api-key").size()
                        + request.headerValues("authorization").size())
                .isEqualTo(1);
    }

    @Test
    void sendsTheApiKeyOfTwoCredentials() throws Exception {
        var request = sentWithoutServerKey(Map.of("x-api-key", "sk-caller", "authorization", "Bearer token"));

        assertThat(request.headerValues("x-api-key")).containsExactly("sk-caller");
        assertThat(request.header("authorization")).isEmpty();
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
}
