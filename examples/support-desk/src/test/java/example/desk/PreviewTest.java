package example.desk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.claudejakarta.stream.ClaudeStream;
import org.junit.jupiter.api.Test;

/** Tests with streams that need no simulator. */
class PreviewTest {

    @Test
    void theFirstLineIsShown() {
        assertEquals("Dear customer,", Preview.of(ClaudeStream.ofText("Dear customer,\nthank you.")));
    }
}
