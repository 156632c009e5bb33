package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.MessagesBody;
import jakarta.json.Json;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class JobSubmissionTest {

    private static final MessageRequest REQUEST = MessageRequest.of("m", 9, "hi");

    private static JobSubmission submission(String request, String callbackUrl, String metadata) {
        return new JobSubmission(
                request.getBytes(StandardCharsets.UTF_8),
                Optional.ofNullable(callbackUrl),
                Optional.ofNullable(metadata));
    }

    @Test
    void defaultsCompleteTheRequest() {
        JobSubmission submission = JobSubmission.of(
                JobRequest.of(MessageRequest.of("hi")), new MessageDefaults(Optional.of("d"), OptionalInt.of(7)));

        assertThat(submission.request())
                .asString(StandardCharsets.UTF_8)
                .contains("\"model\":\"d\"", "\"max_tokens\":7", "\"stream\":true");
    }

    @Test
    void aSubmissionContainsTheApplicationsJob() {
        var job = JobRequest.of(REQUEST)
                .withMetadata(Json.createObjectBuilder().add("a", 1).build())
                .withCallback(URI.create("https://a/b"));

        JobSubmission submission = JobSubmission.of(job, MessageDefaults.NONE);

        assertThat(submission.request())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(
                        "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}");
        assertThat(submission.callbackUrl()).contains("https://a/b");
        assertThat(submission.metadata()).contains("{\"a\":1}");
    }

    @Test
    void aSubmissionMayContainOnlyARequest() {
        JobSubmission submission = JobSubmission.of(JobRequest.of(REQUEST), MessageDefaults.NONE);

        assertThat(submission.callbackUrl()).isEmpty();
        assertThat(submission.metadata()).isEmpty();
    }

    @Test
    void aRequestIsAlwaysStreamed() {
        assertThat(JobSubmission.of(JobRequest.of(REQUEST.withStream(false)), MessageDefaults.NONE)
                        .request())
                .asString(StandardCharsets.UTF_8)
                .contains("\"stream\":true");
    }

    @Test
    void equalSubmissionsAreTheSame() {
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{}", "a", "{}")))
                .isTrue();
        assertThat(submission("{}", null, null).isSameAs(submission("{}", null, null)))
                .isTrue();
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{ }", "a", "{}")))
                .isFalse();
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{}", "b", "{}")))
                .isFalse();
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{}", null, "{}")))
                .isFalse();
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{}", "a", "{ }")))
                .isFalse();
        assertThat(submission("{}", "a", "{}").isSameAs(submission("{}", "a", null)))
                .isFalse();
    }

    @Test
    void aRequestHasAnthropicsSizeLimit() {
        assertThat(submission("x".repeat(MessagesBody.MAX_BYTES), null, null).request())
                .hasSize(MessagesBody.MAX_BYTES);
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> submission("x".repeat(MessagesBody.MAX_BYTES + 1), null, null))
                        .type())
                .isEqualTo(ErrorType.REQUEST_TOO_LARGE);
    }

    @Test
    void metadataMustBeReadable() {
        var metadata = Json.createObjectBuilder()
                .add("a", new BigDecimal("1".repeat(2_000)))
                .build();

        var refusal = catchThrowableOfType(
                ClaudeException.class,
                () -> JobSubmission.of(JobRequest.of(REQUEST).withMetadata(metadata), MessageDefaults.NONE));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).startsWith("metadata: ");
    }

    @Test
    void aRequestHasNoNulls() {
        assertThatNullPointerException().isThrownBy(() -> JobRequest.of(null)).withMessage("request");
        assertThatNullPointerException().isThrownBy(() -> JobRequest.of(REQUEST).withCallback(null));
        assertThatNullPointerException().isThrownBy(() -> JobRequest.of(REQUEST).withMetadata(null));
    }
}
