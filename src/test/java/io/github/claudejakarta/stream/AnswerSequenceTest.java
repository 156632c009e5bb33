package io.github.claudejakarta.stream;

import static io.github.claudejakarta.stream.Events.ERROR;
import static io.github.claudejakarta.stream.Events.STOP;
import static io.github.claudejakarta.stream.Events.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AnswerSequenceTest {

    private final List<String> steps = new ArrayList<>();

    @Test
    void anAnswerThatEndsTheStreamIsTheLast() {
        var answers = sequence(new Scripted("one", () -> null, numbered(0, 2), List.of(STOP)));

        assertThat(answers.read()).isEqualTo(numbered(0, 2));
        assertThat(answers.read()).containsExactly(STOP);

        assertThat(steps).isEmpty();
    }

    @Test
    void theNextAnswerFollowsAnAnswerWithoutMoreEvents() {
        var last = new Scripted("three", () -> null, List.of(STOP));
        var second = new Scripted("two", () -> new AnswerSequence.Next.Another(last), List.of(numbered(1)));
        var first = new Scripted("one", () -> new AnswerSequence.Next.Another(second), List.of(numbered(0)));
        var answers = sequence(first);

        assertThat(answers.read()).containsExactly(numbered(0));
        assertThat(answers.read()).containsExactly(numbered(1));
        assertThat(answers.read()).containsExactly(STOP);

        assertThat(steps).containsExactly("one closed", "after one", "two closed", "after two");
    }

    /** The decision may read the log. */
    @Test
    void nothingIsDecidedBeforeAllEventsAreRead() {
        var answers = sequence(new Scripted("one", () -> new AnswerSequence.Next.End(ERROR), List.of(numbered(0))));

        answers.read();
        assertThat(steps).isEmpty();
        answers.read();

        assertThat(steps).containsExactly("one closed", "after one");
    }

    @Test
    void anAnswerWithoutMoreEventsMayEndTheStream() {
        var answers = sequence(new Scripted("one", () -> new AnswerSequence.Next.End(ERROR)));

        assertThat(answers.read()).containsExactly(ERROR);
    }

    @Test
    void aReadWithoutEventsIsRepeated() {
        var answers = sequence(new Scripted("one", () -> null, List.of(), List.of(), List.of(STOP)));

        assertThat(answers.read()).containsExactly(STOP);
    }

    @Test
    void closesTheAnswerThatIsRead() {
        var second = new Scripted("two", () -> null, List.of(numbered(1)), List.of(STOP));
        var answers = sequence(new Scripted("one", () -> new AnswerSequence.Next.Another(second)));
        answers.read();

        answers.close();

        assertThat(steps).containsExactly("one closed", "after one", "two closed", "all closed");
    }

    @Test
    void closesAnAnswerThatWasRequestedWhileTheStreamEnded() {
        var holder = new AnswerSequence[1];
        var second = new Scripted("two", () -> null, List.of(STOP));
        holder[0] = sequence(new Scripted("one", () -> {
            holder[0].close();
            return new AnswerSequence.Next.Another(second);
        }));

        holder[0].read();

        assertThat(steps).containsExactly("one closed", "after one", "one closed", "all closed", "two closed");
    }

    private AnswerSequence sequence(Scripted first) {
        return new AnswerSequence(first, () -> steps.add("all closed"));
    }

    private final class Scripted implements AnswerSequence.Answer {

        private final String name;
        private final Supplier<AnswerSequence.Next> next;
        private final Queue<List<ServerSentEvent>> reads;

        @SafeVarargs
        @SuppressWarnings("varargs") // The lists are only read.
        Scripted(String name, Supplier<AnswerSequence.Next> next, List<ServerSentEvent>... reads) {
            this.name = name;
            this.next = next;
            this.reads = new ArrayDeque<>(List.of(reads));
        }

        @Override
        public List<ServerSentEvent> read() {
            return reads.remove();
        }

        @Override
        public boolean hasEnded() {
            return reads.isEmpty();
        }

        @Override
        public AnswerSequence.Next next() {
            steps.add("after " + name);
            return next.get();
        }

        @Override
        public void close() {
            steps.add(name + " closed");
        }
    }
}
