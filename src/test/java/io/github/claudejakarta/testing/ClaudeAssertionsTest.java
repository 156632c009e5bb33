package io.github.claudejakarta.testing;

import static io.github.claudejakarta.testing.ClaudeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClaudeAssertionsTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final ClaudeException OVERLOADED = ClaudeException.of(ErrorType.OVERLOADED, "Too busy");

    private static MessageRequest request(String prompt) {
        return MessageRequest.of("claude-opus-5-5", 1024, prompt);
    }

    private static void assertFails(ThrowingCallable assertion, String message) {
        assertThatThrownBy(assertion).isInstanceOf(AssertionError.class).hasMessage(message);
    }

    @Test
    void aStream() {
        ClaudeStream stream = ClaudeStream.ofText("It is sunny.");

        assertThat(stream)
                .isComplete()
                .hasText("It is sunny.")
                .containsText("sunny")
                .endedWith(StopReason.END_TURN);
        String actual = ", but it had the text \"It is sunny.\", the tools [] and the stop reason end_turn";
        assertFails(() -> assertThat(stream).hasText("It"), "Expected the stream to have the text \"It\"" + actual);
        assertFails(
                () -> assertThat(stream).containsText("rain"),
                "Expected the stream to contain the text \"rain\"" + actual);
        assertFails(
                () -> assertThat(stream).usedTool("weather"), "Expected the stream to call the tool weather" + actual);
        assertFails(
                () -> assertThat(stream).endedWith(StopReason.REFUSAL),
                "Expected the stream to end with the stop reason refusal" + actual);
        assertFails(
                () -> assertThat(stream).failedWith(ErrorKind.BROKEN),
                "Expected the stream to fail with BROKEN" + actual);
    }

    @Test
    void aStreamThatFailed() {
        ClaudeStream stream = ClaudeStream.failed("It is", OVERLOADED);

        assertThat(stream).failedWith(ErrorType.OVERLOADED).failedWith(OVERLOADED.kind());
        assertFails(
                () -> assertThat(stream).hasText("It is"),
                "Expected the stream to be complete, but it had the text \"It is\", the tools [] and the stop reason"
                        + " (none), and failed with " + OVERLOADED.kind() + ", " + OVERLOADED.getMessage());
        assertFails(
                () -> assertThat(ClaudeStream.failed("", OVERLOADED)).failedWith(ErrorType.API),
                "Expected the stream to fail with api_error, but it had no message, and failed with "
                        + OVERLOADED.kind() + ", " + OVERLOADED.getMessage());
    }

    @Test
    @ClaudeSimulator
    void aMessageAndARunningStream(Simulator simulator, ClaudeStreamingBean claude) {
        simulator.enqueue(
                Reply.toolUse("weather", "{}"),
                Reply.text("One two three four.").withPace(Duration.ofMillis(5)));

        assertThat(claude.send(request("a"))).usedTool("weather").endedWith(StopReason.TOOL_USE);
        assertThat(claude.stream(request("a"))).hasText("One two three four.");
    }

    @Test
    @ClaudeSimulator(database = true)
    void jobsAndBatches(Simulator simulator, JobManagerBean jobs, BatchManagerBean batches) throws Exception {
        simulator.answerWith(request -> request.prompt().equals("bad")
                ? Reply.error(400, "invalid_request_error", "Bad.")
                : Reply.text("Good."));
        var good = jobs.await(jobs.submit(request("good")).id(), LIMIT);
        var bad = jobs.await(jobs.submit(request("bad")).id(), LIMIT);
        var batch = batches.await(
                batches.submit(Stream.of(new BatchRequest("a", request("good")), new BatchRequest("b", request("bad"))))
                        .id(),
                LIMIT);

        assertThat(good).isComplete().hasText("Good.");
        assertThat(bad).failedWith(ErrorType.INVALID_REQUEST);
        assertThat(batch).hasCounts(1, 1);
        assertThatThrownBy(() -> assertThat(bad).isComplete())
                .hasMessageStartingWith(
                        "Expected the job, which is failed, to be complete, but it had no message, and failed")
                .hasMessageContaining("Bad.");
        assertThatThrownBy(() -> assertThat(batch).isComplete())
                .hasMessageStartingWith(
                        "Expected the batch to have ended with 2 requests that succeeded, but it is ended");
    }

    @Test
    void anError() {
        assertThat(OVERLOADED).hasType(ErrorType.OVERLOADED).hasStatus(529).hasKind(OVERLOADED.kind());
        assertFails(
                () -> assertThat(OVERLOADED).hasStatus(500),
                "Expected the error to have the status 500, but it is " + OVERLOADED.kind() + ", "
                        + OVERLOADED.getMessage());
        assertThat("AssertJ's own").isNotEmpty();
    }
}
