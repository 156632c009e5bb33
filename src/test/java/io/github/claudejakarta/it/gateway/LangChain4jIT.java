package io.github.claudejakarta.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** LangChain4j works with this server as its base URL, as docs/comparison.md says. */
@ExtendWith(ArquillianExtension.class)
class LangChain4jIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String BASE_URL = Api.SERVER + "/v1/";
    private static final String KEY = ServerLog.KEY_MARK + "langchain4j";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static ScriptedUpstream upstream;

    private final AnthropicChatModel model = AnthropicChatModel.builder()
            .baseUrl(BASE_URL)
            .apiKey(KEY)
            .modelName("claude-opus-5-5")
            .maxTokens(64)
            .maxRetries(0)
            .timeout(TIMEOUT)
            .build();

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

    @Test
    void readsAMessage() {
        upstream.answer(Wire.messageScript());

        ChatResponse response = model.chat(UserMessage.from(Api.PROMPT));

        assertThat(response.aiMessage().text()).isEqualTo("Hello");
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(5);
        assertThat(upstream.requests().get(0).path()).isEqualTo("/v1/messages");
        assertThat(upstream.requests().get(0).json().getInt("max_tokens")).isEqualTo(64);
    }

    @Test
    void readsAStreamWithToolCalls() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("02_parallel_tools")));
        var response = new CompletableFuture<ChatResponse>();

        AnthropicStreamingChatModel.builder()
                .baseUrl(BASE_URL)
                .apiKey(KEY)
                .modelName("claude-opus-5-5")
                .maxTokens(64)
                .timeout(TIMEOUT)
                .build()
                .chat(
                        ChatRequest.builder()
                                .messages(UserMessage.from(Api.PROMPT))
                                .toolSpecifications(ToolSpecification.builder()
                                        .name("get_weather")
                                        .description("Returns the weather of a city")
                                        .build())
                                .build(),
                        completing(response));

        assertThat(response.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                        .aiMessage()
                        .toolExecutionRequests())
                .hasSize(2)
                .extracting(ToolExecutionRequest::arguments)
                .allSatisfy(input -> assertThat(input).startsWith("{").endsWith("}"));
    }

    private static StreamingChatResponseHandler completing(CompletableFuture<ChatResponse> response) {
        return new StreamingChatResponseHandler() {
            @Override
            public void onCompleteResponse(ChatResponse complete) {
                response.complete(complete);
            }

            @Override
            public void onError(Throwable error) {
                response.completeExceptionally(error);
            }
        };
    }

    @Test
    void throwsTheErrorOfClaude() {
        upstream.answer(Script.error(429, "rate_limit_error", "Scripted"));

        assertThatExceptionOfType(RateLimitException.class)
                .isThrownBy(() -> model.chat(UserMessage.from(Api.PROMPT)))
                .withMessageContaining("rate_limit_error");
    }
}
