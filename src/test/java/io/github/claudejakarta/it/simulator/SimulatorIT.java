package io.github.claudejakarta.it.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.SseEvent;
import java.net.URI;
import java.util.List;
import java.util.stream.Collectors;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A server without a key, whose simulator answers. It meets the contract of a Messages API, and marks simulated
 * answers.
 */
@ExtendWith(ArquillianExtension.class)
class SimulatorIT extends HttpContract {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.upstream=auto",
                // With its own name, because the application of other classes had a key.
                "claude.application=simulator-it",
                "claude.base-url=",
                "claude.api-key=",
                FaultTolerance.NO_RETRIES,
                FaultTolerance.NO_BREAKER);
    }

    @Override
    URI base() {
        return Api.SERVER;
    }

    @Test
    void everyAnswerHasTheSimulatorMark() throws Exception {
        for (var response : List.of(
                post("/v1/messages", Api.body("Hi")),
                post("/v1/messages", Api.body("Hi", "\"stream\":true")),
                get("/v1/models"),
                get("/v1/models/claude-none"),
                post("/v1/messages", Api.body("sim:status=529")),
                post("/v1/messages/count_tokens", Api.body("Hi")))) {
            assertThat(response.headers().allValues("claude-simulator"))
                    .as(response::body)
                    .containsExactly("true");
        }
    }

    @Test
    void everyViewOfAStreamHasTheSimulatorMark() throws Exception {
        var created = post("/v1/streams", Api.body("sim:events=2"));
        var path = "/v1/streams/" + Api.json(created.body()).getString("id");
        Api.endedStream(path.substring(path.lastIndexOf('/') + 1));

        for (var response : List.of(
                created,
                get("/v1/streams"),
                get(path),
                get(path, "text/event-stream"),
                get(path, "text/plain"),
                get("/v1/nothing"))) {
            assertThat(response.headers().allValues("claude-simulator"))
                    .as(response::body)
                    .containsExactly("true");
        }
    }

    @Test
    void theReadinessCheckReportsTheSimulator() throws Exception {
        assertThat(get("/health/ready").body()).contains("\"upstream\":\"simulator\"");
    }

    @Test
    void requiresNoKey() throws Exception {
        assertThat(post("/v1/messages", Api.body("Hi")).statusCode()).isEqualTo(200);
        var id = Api.json(post("/v1/streams", Api.body("sim:events=2")).body()).getString("id");
        assertThat(Api.endedStream(id).getString("status")).isEqualTo("completed");
    }

    @Test
    void faultsCanBeChosen() throws Exception {
        Api.assertError(
                post("/v1/messages", Api.body("sim:error_first=rate_limit_error", "\"stream\":true")),
                429,
                "rate_limit_error");
        for (var fault : List.of("error_at=2", "cut_at=2", "cut_at=2 cut_mode=fin", "truncate_at=2")) {
            var events = SseEvent.parse(post("/v1/messages", Api.body("sim:events=5 " + fault, "\"stream\":true"))
                    .body());
            assertThat(events)
                    .filteredOn(SseEvent::isTerminal)
                    .as(fault)
                    .singleElement()
                    .extracting(SseEvent::name)
                    .isEqualTo("error");
            assertThat(events.get(events.size() - 1).name()).isEqualTo("error");
        }
    }

    /** Older models get the beginning of their answer, and later models an instruction to continue. */
    @ParameterizedTest
    @CsvSource({
        "claude-haiku-4-5, continuation=exact",
        "claude-haiku-4-5, continuation=tail",
        "claude-opus-5-5, continuation=exact",
        "claude-opus-5-5, continuation=tail",
        "claude-opus-5-5, continuation=anew"
    })
    void anInterruptedAnswerIsContinued(String model, String continuation) throws Exception {
        String unbroken = text(
                Api.post("/v1/messages", body(model, "sim:events=8 size=20")).body());
        for (int at : List.of(1, 5, 7)) {
            String broken = body(model, "sim:events=8 size=20 error_at=" + at + " " + continuation);

            var response = Api.post("/v1/messages", broken, "stream-recovery", "continue");

            assertThat(text(response.body())).as("%d", at).isEqualTo(unbroken);
            assertThat(Api.stream(Api.streamId(response)).getJsonArray("recoveries"))
                    .hasSize(1);
        }
    }

    private static String body(String model, String prompt) {
        return Api.body(prompt, "\"model\":\"" + model + "\"", "\"stream\":true");
    }

    private static String text(String events) {
        assertThat(events).contains("event: message_stop").doesNotContain("event: error");
        return SseEvent.parse(events).stream()
                .filter(event -> event.name().equals("content_block_delta"))
                .map(event -> Api.json(event.data()).getJsonObject("delta").getString("text"))
                .collect(Collectors.joining());
    }

    @Test
    void theOfficialSdkAccumulatesThinkingTextAndATool() {
        var params = MessageCreateParams.builder()
                .model("claude-opus-5-5")
                .maxTokens(1024)
                .addUserMessage("sim:events=3 thinking=1 tool=1 unknown=1 ping_every=2 utf8=1 split=1")
                .build();
        var accumulator = MessageAccumulator.create();
        var client = AnthropicOkHttpClient.builder()
                .baseUrl(Api.SERVER.toString())
                .apiKey(ServerLog.KEY_MARK + "any")
                .build();
        try (var events = client.messages().createStreaming(params)) {
            events.stream().forEach(accumulator::accumulate);
        } finally {
            client.close();
        }

        var content = accumulator.message().content();
        assertThat(content).hasSize(3);
        assertThat(content.get(0).asThinking().signature()).isNotEmpty();
        assertThat(content.get(1).asText().text()).startsWith("i=0;");
        assertThat(content.get(2).asToolUse().name()).isEqualTo("get_weather");
    }
}
