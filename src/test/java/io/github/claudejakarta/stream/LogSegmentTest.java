package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import org.junit.jupiter.api.Test;

class LogSegmentTest {

    @Test
    void countsFromZero() {
        LogSegment segment = LogSegment.first();

        segment.add(Events.numbered(0)).add(Events.numbered(1));

        assertThat(segment.end()).isEqualTo(2);
        assertThat(segment.from(0, false).events()).containsExactly(Events.numbered(0), Events.numbered(1));
        assertThat(segment.from(1, false).events()).containsExactly(Events.numbered(1));
    }

    @Test
    void anEventThatDoesNotFitBeginsTheNextSegment() {
        LogSegment first = LogSegment.first();
        first.add(Events.numbered(0));

        LogSegment second = first.add(ServerSentEvent.of("a", "x".repeat(first.capacity())));

        assertThat(first.next()).isSameAs(second).isNotSameAs(first);
        assertThat(second.capacity()).isGreaterThan(first.capacity());
        assertThat(second.end()).isEqualTo(2);
        assertThat(second.from(1, false).sequence()).isEqualTo(1);
    }

    @Test
    void anEventThatJustFitsIsInTheSameSegment() {
        LogSegment first = LogSegment.first();

        assertThat(first.add(ServerSentEvent.of("", "x".repeat(first.capacity() - 8))))
                .isSameAs(first);
    }

    @Test
    void segmentsGrowToALimitOnly() {
        LogSegment segment = LogSegment.first();
        for (int i = 0; i < 10_000; i++) {
            segment = segment.add(Events.numbered(i));
        }

        assertThat(segment.capacity()).isEqualTo(8 << 10);
    }

    @Test
    void afterALargeEventSegmentsAreSmallAgain() {
        LogSegment large = LogSegment.first().add(ServerSentEvent.of("a", "x".repeat(1 << 20)));

        assertThat(large.add(Events.numbered(1)).capacity()).isEqualTo(8 << 10);
    }
}
