package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.InputStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClaudeAnswerTest {

    private final ClaudeAnswer whole = new ClaudeAnswer.Whole(200, Map.of("request-id", "r"), Sse.bytes("\u00e4"));
    private final ClaudeAnswer events = new ClaudeAnswer.Events(200, Map.of(), EventStreams.of(new byte[0]));
    private final ClaudeAnswer download = new ClaudeAnswer.Download(200, Map.of(), InputStream.nullInputStream());

    @Test
    void returnsAnAnswerInItsForm() {
        assertThat(whole.asWhole().text()).isEqualTo("\u00e4");
        assertThat(whole.headers()).containsEntry("request-id", "r");
        assertThat(events.asEvents()).isSameAs(events);
        assertThat(download.asDownload()).isSameAs(download);
    }

    @Test
    void rejectsAnotherForm() {
        assertThatIllegalStateException().isThrownBy(events::asWhole);
        assertThatIllegalStateException().isThrownBy(download::asWhole);
        assertThatIllegalStateException().isThrownBy(whole::asEvents);
        assertThatIllegalStateException().isThrownBy(download::asEvents);
        assertThatIllegalStateException().isThrownBy(whole::asDownload);
        assertThatIllegalStateException().isThrownBy(events::asDownload);
    }

    @Test
    void onlyAWholeAnswerIsNotOpen() {
        assertThat(whole.isOpen()).isFalse();
        assertThat(events.isOpen()).isTrue();
        assertThat(download.isOpen()).isTrue();
    }
}
