package io.github.claudejakarta.testing;

import io.github.claudejakarta.batch.Batch;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamStatus;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.AbstractAssert;

/**
 * AssertJ assertions about answers of Claude. The message of a failed assertion shows the actual text, tools and error.
 *
 * <pre>{@code
 * import static io.github.claudejakarta.testing.ClaudeAssertions.assertThat;
 *
 * assertThat(claude.send(request)).containsText("Bonn").endedWith(StopReason.END_TURN);
 * assertThat(stream).failedWith(ErrorKind.BROKEN);
 * }</pre>
 *
 * <p>Only this class needs AssertJ 3.
 */
@PublicApi
public final class ClaudeAssertions {

    private static final int MAX_SHOWN = 500;

    private ClaudeAssertions() {}

    /** Returns assertions about a stream. They wait for its end. */
    public static StreamAssert assertThat(ClaudeStream actual) {
        return new StreamAssert(actual);
    }

    /** Returns assertions about a message. */
    public static MessageAssert assertThat(Message actual) {
        return new MessageAssert(actual);
    }

    /** Returns assertions about a snapshot of a job. They do not wait for its end. */
    public static JobAssert assertThat(Job actual) {
        return new JobAssert(actual);
    }

    /** Returns assertions about a snapshot of a batch. They do not wait for its end. */
    public static BatchAssert assertThat(Batch actual) {
        return new BatchAssert(actual);
    }

    /** Returns assertions about an error. */
    public static ExceptionAssert assertThat(ClaudeException actual) {
        return new ExceptionAssert(actual);
    }

    private static String shown(String text) {
        return "\""
                + (text.length() > MAX_SHOWN
                        ? text.substring(0, MAX_SHOWN) + "\" (" + text.length() + " characters)"
                        : text + "\"");
    }

    private static String shown(Optional<Message> message) {
        return message.map(found ->
                        "the text " + shown(found.text()) + ", the tools " + tools(found) + " and the stop reason "
                                + found.stopReason().map(StopReason::value).orElse("(none)"))
                .orElse("no message");
    }

    private static List<String> tools(Message message) {
        return message.toolUses().stream().map(ContentBlock.ToolUse::name).toList();
    }

    private static String shownError(Optional<ClaudeException> error) {
        return error.map(failure -> failure.kind() + ", " + failure.getMessage())
                .orElse("no error");
    }

    /** Assertions about a message, or about a stream or job that has a message when it succeeds. */
    public abstract static class AnswerAssert<S extends AnswerAssert<S, A>, A> extends AbstractAssert<S, A> {

        private final String noun;

        private AnswerAssert(A actual, Class<S> self, String noun) {
            super(actual, self);
            this.noun = noun;
        }

        /** Returns the message, which may be incomplete; empty if it has not begun. */
        abstract Optional<Message> message();

        abstract Optional<ClaudeException> error();

        /** Returns whether the answer is complete. */
        abstract boolean isMessageComplete();

        private String actualState() {
            return "but it had " + shown(message())
                    + error().map(error -> ", and failed with " + shownError(error()))
                            .orElse("");
        }

        private S check(boolean isTrue, String expected) {
            isNotNull();
            if (!isTrue) {
                failWithMessage("Expected %s %s, %s", noun, expected, actualState());
            }
            return myself;
        }

        /** Verifies that the answer succeeded and its message is complete. */
        public S isComplete() {
            isNotNull();
            return check(isMessageComplete(), "to be complete");
        }

        /** Verifies that the answer succeeded with exactly this text. */
        public S hasText(String expected) {
            isComplete();
            return check(
                    message().filter(message -> message.text().equals(expected)).isPresent(),
                    "to have the text " + shown(expected));
        }

        /** Verifies that the answer succeeded with a text that contains this text. */
        public S containsText(String expected) {
            isComplete();
            return check(
                    message()
                            .filter(message -> message.text().contains(expected))
                            .isPresent(),
                    "to contain the text " + shown(expected));
        }

        /** Verifies the stop reason. */
        public S endedWith(StopReason expected) {
            isNotNull();
            return check(
                    message()
                            .flatMap(Message::stopReason)
                            .filter(expected::equals)
                            .isPresent(),
                    "to end with the stop reason " + expected);
        }

        /** Verifies that Claude called a tool of the application. */
        public S usedTool(String name) {
            isNotNull();
            return check(
                    message().filter(message -> tools(message).contains(name)).isPresent(), "to call the tool " + name);
        }

        /** Verifies that the answer failed with an error of this kind. */
        public S failedWith(ErrorKind expected) {
            isNotNull();
            return check(error().filter(error -> error.kind() == expected).isPresent(), "to fail with " + expected);
        }

        /** Verifies that the answer failed with an error of this type. */
        public S failedWith(ErrorType expected) {
            isNotNull();
            return check(
                    error().filter(error -> error.type().equals(expected)).isPresent(), "to fail with " + expected);
        }
    }

    /** Assertions about a message. */
    public static final class MessageAssert extends AnswerAssert<MessageAssert, Message> {

        private MessageAssert(Message actual) {
            super(actual, MessageAssert.class, "the message");
        }

        @Override
        Optional<Message> message() {
            return Optional.of(actual);
        }

        @Override
        Optional<ClaudeException> error() {
            return Optional.empty();
        }

        @Override
        boolean isMessageComplete() {
            return actual.stopReason().isPresent();
        }
    }

    /** Assertions about a stream. They wait for its end. */
    public static final class StreamAssert extends AnswerAssert<StreamAssert, ClaudeStream> {

        private StreamAssert(ClaudeStream actual) {
            super(actual, StreamAssert.class, "the stream");
        }

        private ClaudeStream ended() {
            for (StreamEvent event : actual.events()) {
                if (event.isTerminal()) {
                    break;
                }
            }
            return actual;
        }

        @Override
        Optional<Message> message() {
            return ended().messageSoFar();
        }

        @Override
        Optional<ClaudeException> error() {
            return ended().error();
        }

        @Override
        boolean isMessageComplete() {
            return ended().status() == StreamStatus.COMPLETED;
        }
    }

    /** Assertions about a job. */
    public static final class JobAssert extends AnswerAssert<JobAssert, Job> {

        private JobAssert(Job actual) {
            super(actual, JobAssert.class, actual == null ? "the job" : "the job, which is " + actual.status() + ",");
        }

        @Override
        Optional<Message> message() {
            return actual.message();
        }

        @Override
        Optional<ClaudeException> error() {
            return actual.error();
        }

        @Override
        boolean isMessageComplete() {
            return actual.status() == JobStatus.SUCCEEDED;
        }
    }

    /** Assertions about a batch. */
    public static final class BatchAssert extends AbstractAssert<BatchAssert, Batch> {

        private BatchAssert(Batch actual) {
            super(actual, BatchAssert.class);
        }

        /** Verifies that the batch has ended, and that all its requests succeeded. */
        public BatchAssert isComplete() {
            isNotNull();
            return check(
                    actual.status() == BatchStatus.ENDED
                            && actual.requestCounts().succeeded() == actual.requests(),
                    "to have ended with " + actual.requests() + " requests that succeeded");
        }

        /** Verifies the number of requests that succeeded, and of requests that ended with an error. */
        public BatchAssert hasCounts(long succeeded, long errored) {
            isNotNull();
            return check(
                    actual.requestCounts().succeeded() == succeeded
                            && actual.requestCounts().errored() == errored,
                    "to have " + succeeded + " requests that succeeded and " + errored + " with an error");
        }

        private BatchAssert check(boolean isTrue, String expected) {
            if (!isTrue) {
                failWithMessage(
                        "Expected the batch %s, but it is %s with %s",
                        expected, actual.status(), actual.requestCounts());
            }
            return this;
        }
    }

    /** Assertions about an error. */
    public static final class ExceptionAssert extends AbstractAssert<ExceptionAssert, ClaudeException> {

        private ExceptionAssert(ClaudeException actual) {
            super(actual, ExceptionAssert.class);
        }

        /** Verifies the kind of the error. */
        public ExceptionAssert hasKind(ErrorKind expected) {
            isNotNull();
            return check(actual.kind() == expected, "to be " + expected);
        }

        /** Verifies the error type, which Anthropic defines. */
        public ExceptionAssert hasType(ErrorType expected) {
            isNotNull();
            return check(actual.type().equals(expected), "to have the type " + expected);
        }

        /** Verifies the HTTP status. */
        public ExceptionAssert hasStatus(int expected) {
            isNotNull();
            return check(actual.status() == expected, "to have the status " + expected);
        }

        private ExceptionAssert check(boolean isTrue, String expected) {
            if (!isTrue) {
                failWithMessage("Expected the error %s, but it is %s", expected, shownError(Optional.of(actual)));
            }
            return this;
        }
    }
}
