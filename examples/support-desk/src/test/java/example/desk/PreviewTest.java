package example.desk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.claudejakarta.stream.ClaudeStream;
import org.junit.jupiter.api.Test;

/** Needs no simulator: the streams of these tests are made by hand. */
class PreviewTest {

    @Test
    void theFirstLineIsShown() {
        assertEquals("Dear customer,", Preview.of(ClaudeStream.ofText("Dear customer,\nthank you.")));
    }
}
