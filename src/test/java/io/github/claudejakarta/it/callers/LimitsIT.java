package io.github.claudejakarta.it.callers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.RateLimitException;
import com.anthropic.models.messages.MessageCreateParams;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.ClientKey;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Limits of callers, on a clock that the test moves, and the usage in {@code /v1/usage}. A message has 3 input tokens
 * and 5 output tokens.
 */
@ExtendWith(ArquillianExtension.class)
class LimitsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String MODEL = "claude-opus-5-5";
    private static final String ROOT = ServerLog.KEY_MARK + "limits-root";

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(settings()).addClasses(MovableClock.class, MovableClock.Hand.class);
    }

    private static String[] settings() {
        Stream<String> keys = Stream.of("requests", "streams", "minute", "day", "batcher", "free", "pricey", "root")
                .map(name -> "claude.clients." + name + ".key-sha256=" + ClientKey.sha256(key(name)));
        return Stream.concat(
                        keys,
                        Stream.of(
                                "claude.api-key=sk-ant-limits",
                                "claude.clients.root.role=admin",
                                "claude.clients.requests.requests-per-minute=3",
                                "claude.clients.streams.max-streams=2",
                                "claude.clients.minute.tokens-per-minute=60",
                                "claude.clients.day.tokens-per-day=16",
                                "claude.clients.batcher.tokens-per-minute=8",
                                "claude.prices." + MODEL + ".input=5",
                                "claude.prices." + MODEL + ".output=25"))
                .toArray(String[]::new);
    }

    private static String key(String name) {
        return ServerLog.KEY_MARK + "limits-" + name;
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
        upstream.otherwise(request -> request.text().contains("\"stream\":true")
                ? Wire.helloScript()
                : Script.json(
                        200,
                        Wire.MESSAGE,
                        "anthropic-ratelimit-requests-limit: 4000",
                        "anthropic-ratelimit-input-tokens-limit: 50000"));
    }

    @Test
    void requestsPerMinuteAreLimitedAndRefilled() throws Exception {
        move(Duration.ofMinutes(1));
        HttpResponse<String> first = send("requests");
        assertThat(first.headers().firstValue("anthropic-ratelimit-requests-limit"))
                .contains("3");
        assertThat(first.headers().firstValue("anthropic-ratelimit-requests-remaining"))
                .contains("2");
        assertThat(first.headers()
                        .firstValue("anthropic-ratelimit-requests-reset")
                        .orElseThrow())
                .matches("2026-.*Z");
        assertThat(first.headers().firstValue("anthropic-ratelimit-input-tokens-limit"))
                .as("the limit of the server's key at Claude")
                .isEmpty();
        assertStatus(Api.post("/v1/messages/count_tokens", Api.body(false), "x-api-key", key("requests")), 200);
        assertThat(Api.message("x-api-key", key("requests"))
                        .headers()
                        .firstValue("anthropic-ratelimit-requests-remaining"))
                .contains("0");

        int sent = upstream.requests().size();
        for (String path : List.of(
                "/v1/messages",
                "/v1/messages/count_tokens",
                "/v1/streams",
                "/v1/batches",
                "/v1/messages/batches",
                "/v1/jobs")) {
            HttpResponse<String> refused = Api.post(path, Api.body(false), "x-api-key", key("requests"));
            Api.assertError(refused, 429, "rate_limit_error");
            assertThat(refused.headers().firstValue("retry-after")).contains("20");
            assertThat(refused.headers().firstValue("anthropic-ratelimit-requests-remaining"))
                    .contains("0");
        }
        assertThat(upstream.requests()).hasSize(sent);
        // Reading costs nothing.
        assertStatus(Api.get("/v1/streams", "x-api-key", key("requests")), 200);
        assertStatus(Api.get("/v1/usage", "x-api-key", key("requests")), 200);

        move(Duration.ofSeconds(19));
        Api.assertError(send("requests"), 429, "rate_limit_error");
        move(Duration.ofSeconds(1));
        assertStatus(send("requests"), 200);
        Api.assertError(send("requests"), 429, "rate_limit_error");
    }

    @Test
    void anOfficialClientUnderstandsTheLimits() throws Exception {
        move(Duration.ofMinutes(1));
        AnthropicClient client = AnthropicOkHttpClient.builder()
                .baseUrl(Api.SERVER.toString())
                .apiKey(key("requests"))
                .maxRetries(0)
                .build();
        try {
            var message = MessageCreateParams.builder()
                    .model(MODEL)
                    .maxTokens(10)
                    .addUserMessage("Hi")
                    .build();
            for (int i = 0; i < 3; i++) {
                client.messages().create(message);
            }

            RateLimitException refusal = catchThrowableOfType(
                    RateLimitException.class, () -> client.messages().create(message));

            assertThat(refusal.headers().values("retry-after")).containsExactly("20");
        } finally {
            client.close();
            move(Duration.ofMinutes(1));
        }
    }

    @Test
    void concurrentStreamsAreLimitedUntilOneEnds() throws Exception {
        upstream.otherwise(request -> Wire.begun().stall());
        String first = Api.startStream("x-api-key", key("streams"));
        try (RawClient second =
                RawClient.connect().request("POST", "/v1/messages", Api.body(true), "x-api-key: " + key("streams"))) {
            second.readUntil("Hel");

            HttpResponse<String> refused = Api.post("/v1/streams", Api.body(true), "x-api-key", key("streams"));
            Api.assertError(refused, 429, "rate_limit_error");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            Api.assertError(Api.message("x-api-key", key("streams")), 429, "rate_limit_error");

            assertStatus(Api.delete("/v1/streams/" + first, "x-api-key", key("streams")), 200);
            String third = Api.startStream("x-api-key", key("streams"));
            assertStatus(Api.delete("/v1/streams/" + third, "x-api-key", key("streams")), 200);
        }
    }

    @Test
    void tokensOfCanceledAndFailedStreamsCountAndReplaysDoNot() throws Exception {
        upstream.answer(Wire.begun().stall());
        upstream.answer(Wire.begun().cut());
        String canceled = Api.startStream("x-api-key", key("minute"));
        Api.await(
                "the text",
                () -> Api.get("/v1/streams/" + canceled, "accept", "application/json", "x-api-key", key("minute"))
                        .body()
                        .contains("Hel"));
        assertStatus(Api.delete("/v1/streams/" + canceled, "x-api-key", key("minute")), 200);
        String failed = Api.startStream("x-api-key", key("minute"));
        Api.get("/v1/streams/" + failed, "accept", "text/event-stream", "x-api-key", key("minute"));
        String whole = Api.startStream("x-api-key", key("minute"));
        for (int i = 0; i < 5; i++) {
            assertThat(Api.get("/v1/streams/" + whole, "accept", "text/event-stream", "x-api-key", key("minute"))
                            .body())
                    .contains("message_stop");
        }

        // 3 in and 1 out for each of the first two, 3 in and 5 out for the third.
        Api.await(
                "the tokens",
                () -> total("minute").getInt("input_tokens") == 9
                        && total("minute").getInt("output_tokens") == 7);
        HttpResponse<String> last = send("minute");
        assertThat(last.headers().firstValue("anthropic-ratelimit-tokens-limit"))
                .contains("60");
        assertThat(last.headers().firstValue("anthropic-ratelimit-tokens-remaining"))
                .as("60 tokens, minus those of this answer")
                .contains("36");

        for (int i = 0; i < 5; i++) {
            assertStatus(send("minute"), 200);
        }
        HttpResponse<String> refused = send("minute");
        Api.assertError(refused, 429, "rate_limit_error");
        assertThat(refused.headers().firstValue("retry-after"))
                .as("5 missing tokens, one per second")
                .contains("5");
        assertStatus(Api.post("/v1/messages/count_tokens", Api.body(false), "x-api-key", key("minute")), 200);
        move(Duration.ofSeconds(5));
        assertStatus(send("minute"), 200);
    }

    @Test
    void theUsageOfAJobBelongsToItsCaller() throws Exception {
        String job = "{\"request\":" + Api.body(false) + "}";

        assertStatus(Api.post("/v1/jobs", job, "x-api-key", key("batcher")), 202);

        Api.await("the job's tokens", () -> total("batcher").getInt("output_tokens") == 5);
        assertThat(Api.post("/v1/jobs", job, "x-api-key", key("batcher")).statusCode())
                .isEqualTo(429);
        // Tokens of batches are counted separately.
        assertStatus(
                Api.send(Api.posting(
                        "/v1/batches", "", "x-api-key", key("batcher"), "content-type", "application/x-ndjson")),
                400);
    }

    @Test
    void tokensPerDayAreRefilledAtMidnight() throws Exception {
        send("day");
        send("day");
        HttpResponse<String> refused = send("day");
        Api.assertError(refused, 429, "rate_limit_error");
        assertThat(refused.headers()
                        .firstValue("anthropic-ratelimit-tokens-reset")
                        .orElseThrow())
                .endsWith("T00:00:00Z");

        move(Duration.ofDays(1));

        assertStatus(send("day"), 200);
    }

    /** The wall clock is set back by an hour, and the minute of a caller is as long as before. */
    @Test
    void aClockThatIsSetBackDelaysNoCaller() throws Exception {
        move(Duration.ofMinutes(1));
        for (int i = 0; i < 3; i++) {
            assertStatus(send("requests"), 200);
        }
        assertStatus(Api.post("/clock?only=wall&by=-PT1H", ""), 200);
        HttpResponse<String> refused = send("requests");
        Api.assertError(refused, 429, "rate_limit_error");
        assertThat(refused.headers().firstValue("retry-after")).contains("20");

        move(Duration.ofSeconds(20));

        assertStatus(send("requests"), 200);
        assertStatus(Api.post("/clock?only=wall&by=PT1H", ""), 200);
    }

    @Test
    void callersWithoutLimitsSeeClaudesLimits() throws Exception {
        HttpResponse<String> response = send("free");

        assertThat(response.headers().firstValue("anthropic-ratelimit-requests-limit"))
                .contains("4000");
        assertThat(response.headers().firstValue("anthropic-ratelimit-input-tokens-limit"))
                .contains("50000");
    }

    @Test
    void anErrorOfClaudeKeepsItsLimitHeaders() throws Exception {
        move(Duration.ofMinutes(2));
        upstream.answer(Script.error(400, "invalid_request_error", "no", "anthropic-ratelimit-requests-limit: 4000"));

        assertThat(send("requests").headers().firstValue("anthropic-ratelimit-requests-limit"))
                .contains("4000");
        move(Duration.ofMinutes(2));
    }

    @Test
    void usageIsReportedByCallerModelAndDay() throws Exception {
        send("pricey");
        Api.message("x-api-key", key("pricey"));

        JsonObject usage = usage("", key("pricey"));

        JsonObject row = usage.getJsonArray("data").getJsonObject(0);
        assertThat(usage.getJsonArray("data")).hasSize(1);
        assertThat(row.getString("caller")).isEqualTo("pricey");
        assertThat(row.getString("model")).isEqualTo(MODEL);
        assertThat(row.getString("kind")).isEqualTo("messages");
        assertThat(row.getInt("requests")).isEqualTo(2);
        assertThat(row.getInt("input_tokens")).isEqualTo(6);
        assertThat(row.getInt("output_tokens")).isEqualTo(10);
        assertThat(row.getJsonNumber("cost").bigDecimalValue()).isEqualByComparingTo(new BigDecimal("0.00028"));
        assertThat(usage.getJsonObject("total").getInt("requests")).isEqualTo(2);
        assertThat(usage("?caller=pricey&model=" + MODEL, ROOT).getJsonObject("total"))
                .isEqualTo(usage.getJsonObject("total"));
        assertThat(usage("?caller=pricey", key("free")).getJsonArray("data")).isEmpty();
        assertThat(usage("?model=other", key("pricey")).getJsonArray("data")).isEmpty();
        assertThat(usage("?from=2020-01-01&to=2020-12-31", key("pricey")).getJsonArray("data"))
                .isEmpty();

        HttpResponse<String> csv = Api.get("/v1/usage", "accept", "text/csv", "x-api-key", key("pricey"));
        assertThat(csv.headers().firstValue("content-type").orElseThrow().toLowerCase(Locale.ROOT))
                .isEqualTo("text/csv;charset=utf-8");
        assertThat(csv.body().lines())
                .containsExactly(
                        "day,caller,model,kind,requests,input_tokens,output_tokens,cache_creation_input_tokens,cache_read_input_tokens,cost,simulator",
                        row.getString("day") + ",pricey," + MODEL + ",messages,2,6,10,0,0,0.000280,");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "from=yesterday",
                "to=2026-13-01",
                "from=",
                "from=2026-11-27&to=2026-11-26",
                "from=2020-01-01&to=2026-01-01"
            })
    void rejectsInvalidDays(String query) throws Exception {
        Api.assertError(Api.get("/v1/usage?" + query, "x-api-key", ROOT), 400, "invalid_request_error");
    }

    private static HttpResponse<String> send(String caller) throws Exception {
        return Api.post("/v1/messages", Api.body(false), "x-api-key", key(caller));
    }

    private static JsonObject total(String caller) throws Exception {
        return usage("", key(caller)).getJsonObject("total");
    }

    private static JsonObject usage(String query, String key) throws Exception {
        return Api.json(Api.get("/v1/usage" + query, "x-api-key", key).body());
    }

    private static void assertStatus(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    }

    private static void move(Duration by) throws Exception {
        assertStatus(Api.post("/clock?by=" + by, ""), 200);
    }
}
