package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseRepairTest {

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', value = {
        "text/event-stream                               | text/event-stream",
        "` Text/Event-Stream; charset=\"utf-8\" ;`       | Text/Event-Stream; charset=\"utf-8\"",
        "text/event-stream, text/event-stream            | text/event-stream",
        "text/html;a=\"b,c\";d=e,x                       | text/html;a=\"b,c\";d=e",
        "application/json#text/html                      | application/json",
        "#text/html                                      | text/html",
        "text                                            | ",
        "text/                                           | ",
        "text/html; charset                              | ",
        "``                                              | ",
    })
    void theFirstMediaTypeCounts(String lines, String type) {
        assertThat(ResponseRepair.mediaType(Arrays.asList(lines.split("#"))).orElse(null)).isEqualTo(type);
    }

    @Test
    void thereMayBeNone() {
        assertThat(ResponseRepair.mediaType(null)).isEmpty();
        assertThat(ResponseRepair.mediaType(List.of())).isEmpty();
    }
}
