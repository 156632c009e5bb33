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
 * Assertions of AssertJ about what Claude answered. A failure shows the text, the tools and the error that were there.
 *
 * <pre>{@code
 * import static io.github.claudejakarta.testing.ClaudeAssertions.assertThat;
 *
 * assertThat(claude.send(request)).containsText("Bonn").endedWith(StopReason.END_TURN);
 * assertThat(stream).failedWith(ErrorKind.BROKEN);
 * }</pre>
 *
 * <p>This class alone needs AssertJ 3.
 */
@PublicApi
public final class ClaudeAssertions {

    private static final int SHOWN = 500;

    private ClaudeAssertions() {}

    /** Begins assertions about a stream. They wait for its end. */
    public static StreamAssert assertThat(ClaudeStream actual) {
        return new StreamAssert(actual);
    }

    public static MessageAssert assertThat(Message actual) {
        return new MessageAssert(actual);
    }

    /** Begins assertions about a job as it was read; they do not wait for its end. */
    public static JobAssert assertThat(Job actual) {
        return new JobAssert(actual);
    }

    /** Begins assertions about a batch as it was read; they do not wait for its end. */
    public static BatchAssert assertThat(Batch actual) {
        return new BatchAssert(actual);
    }

    public static ExceptionAssert assertThat(ClaudeException actual) {
        return new ExceptionAssert(actual);
    }

    private static String shown(String text) {
        return "\""
                + (text.length() > SHOWN
                        ? text.substring(0, SHOWN) + "\" (" + text.length() + " characters)"
                        : text + "\"");
    }

    private static String shown(Optional<Message> message) {
        return message.map(
                        one -> "the text " + shown(one.text()) + ", the tools " + tools(one) + " and the stop reason "
                                + one.stopReason().map(StopReason::value).orElse("(none)"))
                .orElse("no message");
    }

    private static List<String> tools(Message message) {
        return message.toolUses().stream().map(ContentBlock.ToolUse::name).toList();
    }

    private static String shownError(Optional<ClaudeException> error) {
        return error.map(one -> one.kind() + ", " + one.getMessage()).orElse("no error");
    }

    /** Assertions about something that has a message when it ends well. */
    public abstract static class AnswerAssert<S extends AnswerAssert<S, A>, A> extends AbstractAssert<S, A> {

        private final String noun;

        private AnswerAssert(A actual, Class<S> self, String noun) {
            super(actual, self);
            this.noun = noun;
        }

        /** The message, also a part of one; empty if none has begun. */
        abstract Optional<Message> message();

        abstract Optional<ClaudeException> error();

        /** Whether it ended well. */
        abstract boolean isWhole();

        private String was() {
            return "but it had " + shown(message())
                    + error().map(one -> ", and failed with " + shownError(error()))
                            .orElse("");
        }

        private S check(boolean isSo, String expected) {
            isNotNull();
            if (!isSo) {
                failWithMessage("Expected %s %s, %s", noun, expected, was());
            }
            return myself;
        }

        /** Verifies that it ended well: its message is whole. */
        public S isComplete() {
            isNotNull();
            return check(isWhole(), "to be complete");
        }

        /** Verifies that it ended well, with exactly this text. */
        public S hasText(String expected) {
            isComplete();
            return check(
                    message().filter(one -> one.text().equals(expected)).isPresent(),
                    "to have the text " + shown(expected));
        }

        /** Verifies that it ended well, with a text that contains this one. */
        public S containsText(String expected) {
            isComplete();
            return check(
                    message().filter(one -> one.text().contains(expected)).isPresent(),
                    "to contain the text " + shown(expected));
        }

        /** Verifies why Claude stopped. */
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
            return check(message().filter(one -> tools(one).contains(name)).isPresent(), "to call the tool " + name);
        }

        /** Verifies that it failed, and how. */
        public S failedWith(ErrorKind expected) {
            isNotNull();
            return check(error().filter(one -> one.kind() == expected).isPresent(), "to fail with " + expected);
        }

        /** Verifies that it failed with an error of this type. */
        public S failedWith(ErrorType expected) {
            isNotNull();
            return check(error().filter(one -> one.type().equals(expected)).isPresent(), "to fail with " + expected);
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
        boolean isWhole() {
            return actual.stopReason().isPresent();
        }
    }

    /** Assertions about a stream, when it has ended. */
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
        boolean isWhole() {
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
        boolean isWhole() {
            return actual.status() == JobStatus.SUCCEEDED;
        }
    }

    /** Assertions about a batch. */
    public static final class BatchAssert extends AbstractAssert<BatchAssert, Batch> {

        private BatchAssert(Batch actual) {
            super(actual, BatchAssert.class);
        }

        /** Verifies that the batch has ended and that all of its requests succeeded. */
        public BatchAssert isComplete() {
            isNotNull();
            return check(
                    actual.status() == BatchStatus.ENDED
                            && actual.requestCounts().succeeded() == actual.requests(),
                    "to have ended with " + actual.requests() + " requests that succeeded");
        }

        /** Verifies how many requests succeeded and how many ended with an error. */
        public BatchAssert hasCounts(long succeeded, long errored) {
            isNotNull();
            return check(
                    actual.requestCounts().succeeded() == succeeded
                            && actual.requestCounts().errored() == errored,
                    "to have " + succeeded + " requests that succeeded and " + errored + " with an error");
        }

        private BatchAssert check(boolean isSo, String expected) {
            if (!isSo) {
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

        /** Verifies how the request failed. */
        public ExceptionAssert hasKind(ErrorKind expected) {
            isNotNull();
            return check(actual.kind() == expected, "to be " + expected);
        }

        /** Verifies Anthropic's word for the error. */
        public ExceptionAssert hasType(ErrorType expected) {
            isNotNull();
            return check(actual.type().equals(expected), "to have the type " + expected);
        }

        /** Verifies the HTTP status. */
        public ExceptionAssert hasStatus(int expected) {
            isNotNull();
            return check(actual.status() == expected, "to have the status " + expected);
        }

        private ExceptionAssert check(boolean isSo, String expected) {
            if (!isSo) {
                failWithMessage("Expected the error %s, but it is %s", expected, shownError(Optional.of(actual)));
            }
            return this;
        }
    }
}
