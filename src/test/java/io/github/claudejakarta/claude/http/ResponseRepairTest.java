package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseRepairTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
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
        assertThat(ResponseRepair.mediaType(Arrays.asList(lines.split("#"))).orElse(null))
                .isEqualTo(type);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip|gzip",
                "X-Gzip|gzip",
                "deflate|deflate",
                "br|br",
                "gzip, br|gzip br",
                "'identity ,, GZIP'|gzip"
            })
    void codingsAreInLowerCase(String lines, String codings) {
        assertThat(String.join(" ", ResponseRepair.codings(List.of(lines)))).isEqualTo(codings);
        assertThat(String.join(" ", ResponseRepair.codings(List.of(lines.split(",")))))
                .isEqualTo(codings);
        assertThat(ResponseRepair.codings(null)).isEmpty();
    }

    @Test
    void acceptsAbsentHeaders() {
        assertThat(ResponseRepair.mediaType(null)).isEmpty();
        assertThat(ResponseRepair.mediaType(List.of())).isEmpty();
    }
}
