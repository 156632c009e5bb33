package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.webhook.Callback;
import jakarta.json.Json;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JobTest {

    private static final Instant THEN = Instant.parse("2026-11-21T09:30:00.123456Z");

    @Test
    void showsAllFields() {
        var job = new Job(
                "job_1",
                "alice",
                JobStatus.SUCCEEDED,
                7,
                3,
                1,
                Optional.of("stream_1"),
                Optional.of(Message.parse("{\"id\":\"msg_1\",\"new\":1.0}")),
                Optional.of(ClaudeException.of(ErrorType.API, "broke")),
                Optional.of(new Callback(URI.create("https://a/b"), Optional.empty())),
                Optional.of(Json.createObjectBuilder().add("a", 1).build()),
                Optional.of("order 7"),
                THEN,
                Optional.of(THEN.plusSeconds(1)),
                Optional.of(THEN.plusSeconds(2)),
                Optional.of(THEN.plusSeconds(3)),
                false);

        assertThat(job.json())
                .hasToString(
                        "{\"id\":\"job_1\",\"type\":\"job\",\"status\":\"succeeded\",\"attempts\":3,\"restarts\":1,"
                                + "\"stream_id\":\"stream_1\",\"message\":{\"id\":\"msg_1\",\"new\":1.0},\"error\":{\"type\":\"api_error\",\"message\":\"broke\"},"
                                + "\"callback\":{\"url\":\"https://a/b\",\"status\":\"waiting\",\"delivery_id\":null,\"attempts\":0},\"metadata\":{\"a\":1},\"correlation\":\"order 7\","
                                + "\"created_at\":\"2026-11-21T09:30:00.123456Z\",\"started_at\":\"2026-11-21T09:30:01.123456Z\","
                                + "\"next_attempt_at\":\"2026-11-21T09:30:02.123456Z\",\"ended_at\":\"2026-11-21T09:30:03.123456Z\"}");
    }

    @Test
    void showsAbsentValuesAsNull() {
        var job = new Job(
                "job_1",
                "alice",
                JobStatus.QUEUED,
                0,
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                THEN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);

        assertThat(job.json())
                .hasToString(
                        "{\"id\":\"job_1\",\"type\":\"job\",\"status\":\"queued\",\"attempts\":0,\"restarts\":0,\"stream_id\":null,"
                                + "\"message\":null,\"error\":null,\"callback\":null,\"metadata\":null,\"created_at\":\"2026-11-21T09:30:00.123456Z\",\"started_at\":null,"
                                + "\"next_attempt_at\":null,\"ended_at\":null}");
    }

    @Test
    void showsUnparsedToolInputsNextToTheMessage() {
        var message = new Message(
                Message.parse("{\"id\":\"msg_1\"}").json(), List.of(new UnparsedToolInput(1, "toolu_1", "n", "{\"a")));
        var job = new Job(
                "job_1",
                "alice",
                JobStatus.SUCCEEDED,
                7,
                3,
                1,
                Optional.empty(),
                Optional.of(message),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                THEN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);

        assertThat(job.json().toString())
                .contains(
                        "\"message\":{\"id\":\"msg_1\"},"
                                + "\"unparsed_tool_inputs\":[{\"index\":1,\"id\":\"toolu_1\",\"name\":\"n\",\"text\":\"{\\\"a\"}],\"error\":null");
        assertThat(job.itemJson().keySet()).doesNotContain("message", "unparsed_tool_inputs");
    }

    @Test
    void showsThatASimulatorAnswered() {
        var job = new Job(
                "job_1",
                "alice",
                JobStatus.SUCCEEDED,
                7,
                3,
                1,
                Optional.empty(),
                Optional.of(Message.parse("{\"id\":\"msg_1\"}")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                THEN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true);

        assertThat(job.json().getBoolean("simulator")).isTrue();
        assertThat(job.itemJson().getBoolean("simulator")).isTrue();
    }

    @ParameterizedTest
    @EnumSource(JobStatus.class)
    void aStatusIsReadAsItIsWritten(JobStatus status) {
        assertThat(JobStatus.of(status.toString())).isEqualTo(status);
        assertThat(status.toString()).isLowerCase();
    }

    @Test
    void aJobHasEndedUnlessItWaitsOrRuns() {
        assertThat(JobStatus.values())
                .filteredOn(status -> !status.hasEnded())
                .containsExactly(JobStatus.QUEUED, JobStatus.RUNNING);
    }

    @Test
    void anUnknownStatusIsRejected() {
        assertThatIllegalArgumentException().isThrownBy(() -> JobStatus.of("ended"));
    }
}
