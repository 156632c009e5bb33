package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.stream.TestThreads;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class OpenQuestionsTest {

    @Test
    void aConversationThatWasDeletedIsNotBusy() {
        Clock clock = Clock.systemUTC();
        var store = new MemoryStore(1_000, clock);
        try (var threads = TestThreads.of(Thread::new, 1)) {
            var questions = new OpenQuestions(() -> store, threads, clock, Duration.ZERO);
            var question = new ConversationStore.NewQuestion(0, "question_1", null);

            var refusal = catchThrowableOfType(ClaudeException.class, () -> questions.open("conv_1", question));

            assertThat(refusal.type()).isEqualTo(ErrorType.NOT_FOUND);
        }
    }
}
