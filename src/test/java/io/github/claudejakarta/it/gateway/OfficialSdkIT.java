package io.github.claudejakarta.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.AnthropicInvalidDataException;
import com.anthropic.errors.AnthropicServiceException;
import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.ContentTooLargeException;
import com.anthropic.errors.GatewayTimeoutException;
import com.anthropic.errors.InternalServerException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.errors.OverloadedException;
import com.anthropic.errors.PaymentRequiredException;
import com.anthropic.errors.PermissionDeniedException;
import com.anthropic.errors.RateLimitException;
import com.anthropic.errors.SseException;
import com.anthropic.errors.UnauthorizedException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCountTokensParams;
import com.anthropic.models.messages.MessageCreateParams;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An official client with this server as its base URL behaves as it does with Claude. */
@ExtendWith(ArquillianExtension.class)
class OfficialSdkIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings("claude.api-key=", FaultTolerance.NO_RETRIES, FaultTolerance.NO_BREAKER);
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    private static final String KEY = ServerLog.KEY_MARK + "sdk";

    private AnthropicClient client;

    @BeforeEach
    void connect() {
        client = client(Api.SERVER);
    }

    @AfterEach
    void close() {
        client.close();
    }

    private static AnthropicClient client(URI base) {
        return AnthropicOkHttpClient.builder()
                .baseUrl(base.toString())
                .apiKey(KEY)
                .maxRetries(0)
                .build();
    }

    @Test
    void readsAMessage() {
        upstream.answer(Wire.messageScript());

        Message message = client.messages().create(params());

        assertThat(message.content().get(0).asText().text()).isEqualTo("Hello");
        assertThat(message.usage().outputTokens()).isEqualTo(5);
        assertThat(upstream.requests().get(0).json().getInt("max_tokens")).isEqualTo(64);
    }

    static Stream<String> completeFixtures() {
        return FixtureFile.names().filter(name -> !name.startsWith("07") && !name.startsWith("12"));
    }

    @ParameterizedTest
    @MethodSource("completeFixtures")
    void accumulatesTheSameMessageAsWithClaude(String name) {
        upstream.otherwise(request -> Script.sse(FixtureFile.sse(name)));
        var outcomes = new ArrayList<Object>();
        AnthropicClient direct = client(upstream.url());
        outcomes.add(outcome(direct));
        direct.close();

        outcomes.add(outcome(client));

        assertThat(outcomes.get(1)).isEqualTo(outcomes.get(0));
    }

    /** The message, or the error of the accumulator, such as "Missing input JSON". */
    private static Object outcome(AnthropicClient client) {
        try {
            return accumulated(client);
        } catch (AnthropicInvalidDataException | IllegalArgumentException | IllegalStateException e) {
            return e.getClass() + ": " + e.getMessage();
        }
    }

    private static Message accumulated(AnthropicClient client) {
        var accumulator = MessageAccumulator.create();
        try (var events = client.messages().createStreaming(params())) {
            events.stream().forEach(accumulator::accumulate);
        }
        return accumulator.message();
    }

    @Test
    void accumulatesToolsAndThinking() {
        upstream.answer(
                Script.sse(FixtureFile.sse("02_parallel_tools")), Script.sse(FixtureFile.sse("03_thinking_signature")));

        assertThat(accumulated(client).content())
                .filteredOn(block -> block.isToolUse())
                .hasSize(2)
                .allMatch(block -> !block.asToolUse()._input().isMissing());
        assertThat(accumulated(client).content().get(0).asThinking().signature())
                .isNotBlank();
    }

    @Test
    void countsTokens() {
        upstream.answer(Script.json(200, "{\"input_tokens\":42}"));

        var count = client.messages()
                .countTokens(MessageCountTokensParams.builder()
                        .model("claude-opus-5-5")
                        .addUserMessage(Api.PROMPT)
                        .build());

        assertThat(count.inputTokens()).isEqualTo(42);
        assertThat(upstream.requests().get(0).path()).isEqualTo("/v1/messages/count_tokens");
    }

    @Test
    void listsAndRetrievesModels() {
        var model =
                "{\"id\":\"claude-opus-5-5\",\"type\":\"model\",\"display_name\":\"Opus\",\"created_at\":\"2026-09-22T00:00:00Z\"}";
        upstream.answer(
                Script.json(
                        200,
                        "{\"data\":[" + model
                                + "],\"has_more\":true,\"first_id\":\"claude-opus-5-5\",\"last_id\":\"claude-opus-5-5\"}"),
                Script.json(
                        200,
                        "{\"data\":[" + model
                                + "],\"has_more\":false,\"first_id\":\"claude-opus-5-5\",\"last_id\":\"claude-opus-5-5\"}"),
                Script.json(200, model));

        assertThat(client.models().list().autoPager().stream()).hasSize(2);
        assertThat(client.models().retrieve("claude-opus-5-5").displayName()).isEqualTo("Opus");
        assertThat(upstream.requests())
                .extracting(ReceivedRequest::path)
                .containsExactly("/v1/models", "/v1/models", "/v1/models/claude-opus-5-5");
        assertThat(upstream.requests().get(1).target()).contains("after_id=claude-opus-5-5");
    }

    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(400, "invalid_request_error", BadRequestException.class),
                Arguments.of(401, "authentication_error", UnauthorizedException.class),
                Arguments.of(402, "billing_error", PaymentRequiredException.class),
                Arguments.of(403, "permission_error", PermissionDeniedException.class),
                Arguments.of(404, "not_found_error", NotFoundException.class),
                Arguments.of(413, "request_too_large", ContentTooLargeException.class),
                Arguments.of(429, "rate_limit_error", RateLimitException.class),
                Arguments.of(500, "api_error", InternalServerException.class),
                Arguments.of(504, "timeout_error", GatewayTimeoutException.class),
                Arguments.of(529, "overloaded_error", OverloadedException.class));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void throwsTheSameErrorsAsWithClaude(int status, String type, Class<? extends AnthropicServiceException> expected) {
        upstream.otherwise(request -> Script.error(status, type, "Scripted", "retry-after: 7"));

        for (var call : List.<Runnable>of(
                () -> client.messages().create(params()),
                () -> accumulated(client),
                () -> client.models().retrieve("claude-opus-5-5"))) {
            var thrown = catchThrowableOfType(AnthropicServiceException.class, call::run);
            assertThat(thrown).isInstanceOf(expected);
            assertThat(thrown.statusCode()).isEqualTo(status);
            assertThat(thrown.requestId()).contains("req_scripted");
            assertThat(thrown.apiMessage()).contains("Scripted");
            assertThat(thrown.headers().values("retry-after")).containsExactly("7");
        }
    }

    @Test
    void throwsForAnErrorOfTheServer() {
        var thrown = catchThrowableOfType(
                AnthropicServiceException.class,
                () -> client.messages().create(params().toBuilder().model("").build()));

        assertThat(thrown).isInstanceOf(BadRequestException.class);
        assertThat(thrown.apiMessage().orElseThrow()).contains("model");
        assertThat(thrown.requestId()).isPresent();
        assertThat(upstream.requests()).isEmpty();
    }

    @Test
    void throwsForAnErrorInTheStream() {
        upstream.answer(
                Script.sse(FixtureFile.sse("07_error_overloaded")),
                Script.sse(FixtureFile.sse("12_truncated_eof")),
                Wire.begun().cut());

        for (var type : List.of("overloaded_error", "api_error", "api_error")) {
            var thrown = catchThrowableOfType(SseException.class, () -> accumulated(client));
            assertThat(thrown.type().orElseThrow().toString()).isEqualTo(type);
        }
    }

    @Test
    void throwsWithTheStatusForAnErrorThatIsTheFirstEvent() {
        upstream.answer(Script.sse(FixtureFile.sse("07b_error_first_event")));

        assertThat(catchThrowableOfType(OverloadedException.class, () -> accumulated(client))
                        .statusCode())
                .isEqualTo(529);
    }

    @Test
    void sendsItsKeyInEitherHeader() {
        upstream.otherwise(request -> Wire.messageScript());

        client.messages().create(params());
        var bearer = AnthropicOkHttpClient.builder()
                .baseUrl(Api.SERVER.toString())
                .authToken(KEY + "-token")
                .build();
        bearer.messages().create(params());
        bearer.close();

        var first = upstream.requests().get(0);
        assertThat(first.header("x-api-key")
                        .or(() -> first.header("authorization"))
                        .orElseThrow())
                .endsWith(KEY);
        assertThat(upstream.requests().get(1).headerValues("authorization"))
                .containsExactly("Bearer " + KEY + "-token");
        assertThat(upstream.requests().get(1).header("x-api-key")).isEmpty();
        assertThat(first.header("anthropic-version")).isPresent();
        assertThat(first.headers())
                .noneMatch(header -> header.toLowerCase(Locale.ROOT).startsWith("x-stainless"));
    }

    @Test
    void closingItsStreamAbortsTheUpstream() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.text("x"), Duration.ofMillis(20)));

        try (var events = client.messages().createStreaming(params())) {
            assertThat(events.stream().limit(3)).hasSize(3);
        }

        assertThat(upstream.takeRequest().clientGone().get(10, TimeUnit.SECONDS))
                .isNotNull();
    }

    private static MessageCreateParams params() {
        return MessageCreateParams.builder()
                .model("claude-opus-5-5")
                .maxTokens(64)
                .addUserMessage(Api.PROMPT)
                .build();
    }
}
