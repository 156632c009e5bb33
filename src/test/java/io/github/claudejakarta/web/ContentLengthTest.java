package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentLengthTest {

    @ParameterizedTest
    @CsvSource({
        "0,0",
        "71,71",
        "3000000000,3000000000",
        "999999999999999999,999999999999999999",
        "9223372036854775808,9223372036854775807",
        "99999999999999999999999,9223372036854775807",
        "-1,-1",
        "+5,-1",
        "abc,-1",
        "'',-1",
        ",-1",
        "'71,71',-1"
    })
    void isReadAtAnyLength(String header, long bytes) {
        assertThat(ContentLength.of(header)).isEqualTo(bytes);
    }
}
