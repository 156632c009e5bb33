package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventRunTest {

    private static final String TWO = "event: a\ndata: 1\n\ndata: 2\ndata: \ndata: 3\n\n";

    @Test
    void containsItsBytesOnly() throws Exception {
        var out = new ByteArrayOutputStream();

        new VerbatimOutput(out).write(run("xx", TWO, "yy"));

        assertThat(out).hasToString(TWO);
    }

    @Test
    void isSplitIntoEventsAtBlankLines() {
        assertThat(run("xx", TWO, "yy").events())
                .containsExactly(ServerSentEvent.of("a", "1"), ServerSentEvent.of("", "2\n\n3"));
    }

    @Test
    void skipsEventsFromTheFront() {
        EventRun rest = run("", TWO, "").skip(1);

        assertThat(rest.sequence()).isEqualTo(8);
        assertThat(rest.count()).isEqualTo(1);
        assertThat(rest.next()).isEqualTo(9);
        assertThat(rest.events()).containsExactly(ServerSentEvent.of("", "2\n\n3"));
    }

    @Test
    void isEmptyOnceAllAreSkipped() {
        EventRun rest = run("", TWO, "").skip(2);

        assertThat(rest.isEmpty()).isTrue();
        assertThat(rest.events()).isEmpty();
        assertThat(rest.next()).isEqualTo(9);
    }

    @Test
    void endsTheLogWhereItsLastEventDoes() {
        EventRun both = run("", TWO, "");

        assertThat(both.first(2).endsLog()).isTrue();
        assertThat(both.first(1).endsLog()).isFalse();
        assertThat(both.skip(1).endsLog()).isTrue();
        assertThat(both.skip(2).endsLog()).isTrue();
        assertThat(EventRun.NONE.endsLog()).isFalse();
    }

    @Test
    void theEmptyRunHasNoEvents() {
        assertThat(EventRun.NONE.isEmpty()).isTrue();
        assertThat(EventRun.NONE.events()).isEqualTo(List.of());
    }

    private static EventRun run(String before, String events, String after) {
        byte[] bytes = (before + events + after).getBytes(StandardCharsets.US_ASCII);
        return new EventRun(bytes, before.length(), before.length() + events.length(), 7, 2, true);
    }
}
