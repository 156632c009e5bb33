package io.github.claudejakarta.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class BoundedNamesTest {

    @Test
    void theFirstNamesAreReported() {
        var names = new BoundedNames(2);

        assertThat(List.of("a", "b", "c", "a", "d", "b"))
                .extracting(names::of)
                .containsExactly("a", "b", "(others)", "a", "(others)", "b");
    }

    @Test
    void namesThatAreAlwaysReportedDoNotCount() {
        var names = new BoundedNames(List.of("configured"), 1);

        assertThat(List.of("a", "b", "configured"))
                .extracting(names::of)
                .containsExactly("a", "(others)", "configured");
    }
}
