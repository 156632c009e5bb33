package io.github.claudejakarta.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.batch.BatchUsage;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.Citation;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonBacked;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobStatus;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.io.StringReader;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON-B and Jackson write and read Claude's types. */
class BindingTest {

    private static final String MESSAGE =
            "{\"id\":\"msg_1\",\"type\":\"message\",\"new\":{\"big\":12345678901234567890,\"f\":1.5},\"content\":[{\"type\":\"text\",\"text\":\"ä\"}],"
                    + "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}";

    /** An object of an application. */
    public record Answer(
            String title, Message message, List<Job> jobs, StopReason reason, StreamEvent event, ContentBlock block) {}

    /** An object of an application whose fields do not declare their types. */
    public record Undeclared(Optional<StopReason> reason, Map<String, ContentBlock> map, Object object) {}

    /** An object that an application reads. */
    public record Question(MessageRequest request, List<ContentBlock> blocks, StopReason reason, Usage usage) {}

    private final Jsonb jsonb = JsonbBuilder.create();
    private final Jsonb configured = new ClaudeJsonb().getContext(Object.class);
    private final ObjectMapper jackson = new ObjectMapper().findAndRegisterModules();

    @AfterEach
    void close() throws Exception {
        jsonb.close();
        configured.close();
    }

    static Stream<Arguments> values() {
        return Stream.of(
                Arguments.of(Message.class, MESSAGE),
                Arguments.of(
                        MessageRequest.class,
                        "{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"later\":true}"),
                Arguments.of(ContentBlock.class, "{\"type\":\"text\",\"text\":\"x\",\"citations\":null}"),
                Arguments.of(ContentBlock.Text.class, "{\"type\":\"text\",\"text\":\"x\"}"),
                Arguments.of(ContentBlock.class, "{\"type\":\"not_known_yet\",\"x\":[1,{}]}"),
                Arguments.of(ContentDelta.class, "{\"type\":\"text_delta\",\"text\":\"x\"}"),
                Arguments.of(Citation.class, "{\"type\":\"char_location\",\"cited_text\":\"x\"}"),
                Arguments.of(StreamEvent.class, "{\"type\":\"message_start\",\"message\":{}}"),
                Arguments.of(StreamEvent.class, "{\"type\":\"not_known_yet\",\"x\":1}"),
                Arguments.of(
                        StreamEvent.Error.class,
                        "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}"),
                Arguments.of(Usage.class, "{\"input_tokens\":1,\"later\":null}"),
                Arguments.of(StopReason.class, "\"end_turn\""),
                Arguments.of(ErrorType.class, "\"api_error\""),
                Arguments.of(Model.class, "{\"id\":\"m\",\"type\":\"model\"}"),
                Arguments.of(MessageBatch.class, "{\"id\":\"msgbatch_1\",\"type\":\"message_batch\"}"),
                Arguments.of(
                        MessageBatch.Counts.class,
                        "{\"processing\":1,\"succeeded\":2,\"errored\":3,\"canceled\":4,\"expired\":5}"),
                Arguments.of(
                        BatchRequest.class,
                        "{\"custom_id\":\"a\",\"params\":{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}}"),
                Arguments.of(BatchResult.class, "{\"custom_id\":\"a\",\"result\":{\"type\":\"expired\"}}"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void readsAndWritesEachTypeInTheJsonOfTheApi(Class<? extends JsonBacked> type, String json) throws Exception {
        JsonBacked read = jsonb.fromJson(json, type);
        assertThat(read).isInstanceOf(type);
        assertThat(jsonb.toJson(read)).isEqualTo(json);
        assertThat(configured.toJson(read)).isEqualTo(json);
        assertThat(configured.toJson(List.of(read))).isEqualTo("[" + json + "]");
        assertThat(configured.toJson(Optional.of(read))).isEqualTo(json);
        JsonBacked value = jackson.readValue(json, type);
        assertThat(value).isInstanceOf(type);
        assertThat(jackson.writeValueAsString(value)).isEqualTo(json);
        assertThat(jackson.<JsonNode>valueToTree(List.of(value))).hasToString("[" + json + "]");
    }

    @Test
    void writesTypesWithinAnObjectOfAnApplication() throws Exception {
        Job job = job();
        var answer = new Answer(
                "t",
                Message.parse(MESSAGE),
                List.of(job),
                StopReason.REFUSAL,
                StreamEvent.of("ping", "{\"type\":\"ping\"}"),
                ContentBlock.Text.of("b"));
        String expected = "{\"block\":{\"type\":\"text\",\"text\":\"b\"},\"event\":{\"type\":\"ping\"},\"jobs\":["
                + job.json() + "],\"message\":" + MESSAGE + ",\"reason\":\"refusal\",\"title\":\"t\"}";

        assertThat(jsonb.toJson(answer)).isEqualTo(expected);
        assertThat(configured.toJson(answer)).isEqualTo(expected);
        assertThat(jackson.readTree(jackson.writeValueAsString(answer))).isEqualTo(jackson.readTree(expected));
    }

    /** By default, Yasson writes the fields of the Java class in these places. */
    @Test
    void writesTypesWhoseTypeIsNotDeclared() {
        assertThat(configured.toJson(new Undeclared(
                        Optional.of(StopReason.REFUSAL), Map.of("b", ContentBlock.Text.of("x")), List.of(job()))))
                .isEqualTo("{\"map\":{\"b\":{\"type\":\"text\",\"text\":\"x\"}},\"object\":[" + job().json()
                        + "],\"reason\":\"refusal\"}");
    }

    /** JAX-RS does the same: it knows the return type of a resource method. */
    @Test
    void aListWhoseTypeIsKnownNeedsNoConfiguration() throws Exception {
        Type jobs = Answer.class.getMethod("jobs").getGenericReturnType();

        assertThat(jsonb.toJson(List.of(job()), jobs)).isEqualTo("[" + job().json() + "]");
    }

    @Test
    void eachFormOfASealedTypeNamesAnAdapter() {
        Stream.of(ContentBlock.class, ContentDelta.class, Citation.class, StreamEvent.class)
                .flatMap(BindingTest::withForms)
                .forEach(type -> assertThat(type.isAnnotationPresent(JsonbTypeAdapter.class))
                        .as(type.getName())
                        .isTrue());
    }

    private static Stream<Class<?>> withForms(Class<?> type) {
        return Stream.concat(
                Stream.of(type),
                type.isSealed()
                        ? Stream.of(type.getPermittedSubclasses()).flatMap(BindingTest::withForms)
                        : Stream.of());
    }

    @Test
    void anErrorHasItsKind() throws Exception {
        var error = ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "m").withRequestId("req_1");

        for (String json : List.of(jsonb.toJson(error), configured.toJson(error), jackson.writeValueAsString(error))) {
            assertThat(json)
                    .isEqualTo(
                            "{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"},\"request_id\":\"req_1\",\"kind\":\"broken\"}");
        }
    }

    @Test
    void readsAnObjectOfAnApplication() throws Exception {
        String json =
                "{\"request\":{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]},\"blocks\":[{\"type\":\"text\",\"text\":\"x\"},"
                        + "{\"type\":\"later\"}],\"reason\":null,\"usage\":{\"input_tokens\":7}}";

        for (Question question :
                List.of(jsonb.fromJson(json, Question.class), jackson.readValue(json, Question.class))) {
            assertThat(question.request().model()).isEqualTo("m");
            assertThat(question.blocks()).hasSize(2).first().isEqualTo(ContentBlock.Text.of("x"));
            assertThat(question.reason()).isNull();
            assertThat(question.usage().inputTokens()).isEqualTo(7);
        }
    }

    @Test
    void rejectsInvalidJsonWithTheReason() {
        assertThatThrownBy(() ->
                        jsonb.fromJson("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}", MessageRequest.class))
                .hasStackTraceContaining("at least one message");
        assertThatThrownBy(() ->
                        jackson.readValue("{\"model\":\"m\",\"max_tokens\":1,\"messages\":[]}", MessageRequest.class))
                .hasMessageContaining("at least one message");
        assertThatThrownBy(() -> jackson.readValue("[]", Message.class))
                .hasMessageContaining("Input should be an object");
        assertThatThrownBy(() -> jackson.readValue("\"hi\"", MessageRequest.class))
                .hasMessageContaining("not read from a string");
        assertThatThrownBy(() -> jackson.readValue("{\"id\":\"job_1\"}", Job.class))
                .hasMessageContaining("Job can be written as JSON, but not read");
    }

    @Test
    void writesAJobAndABatchInTheJsonOfTheApi() throws Exception {
        JsonObject job = object(jsonb.toJson(job()));
        assertThat(job.keySet()).contains("id", "stream_id", "created_at").doesNotContain("owner", "revision");
        assertThat(job.getString("status")).isEqualTo("failed");
        assertThat(job.getJsonObject("error").getString("type")).isEqualTo("api_error");
        var batch = new Batch(
                "batch_1",
                "local",
                BatchStatus.ENDED,
                1,
                0,
                List.of(),
                new BatchUsage(List.of()),
                Optional.empty(),
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty(),
                false);
        for (JsonObject json : List.of(object(jsonb.toJson(batch)), object(jackson.writeValueAsString(batch)))) {
            assertThat(json.getString("status")).isEqualTo("ended");
            assertThat(json.isNull("results_url")).isTrue();
            assertThat(json.keySet())
                    .contains("request_counts", "parts", "usage")
                    .doesNotContain("owner");
        }
    }

    private static Job job() {
        return new Job(
                "job_1",
                "local",
                JobStatus.FAILED,
                3,
                1,
                0,
                Optional.of("stream_1"),
                Optional.empty(),
                Optional.of(ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "m")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Instant.EPOCH,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static JsonObject object(String json) {
        try (var reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }
}
