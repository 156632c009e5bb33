package io.github.claudejakarta.observe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessLogTest {

    @ParameterizedTest
    @ValueSource(strings = {"/v1/messages", "200", "claude-opus-5-5", "req_1", "CN:x,OU:y", "/v1/%0a"})
    void wordsAreWrittenUnchanged(String word) {
        assertThat(AccessLog.word(word)).isEqualTo(word);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "one two|\"one two\"",
                "a=b|\"a=b\"",
                "say \"x\"|\"say \\\"x\\\"\"",
                "`line\nstatus=200`|\"line\\nstatus=200\"",
                "``|\"\"",
                "J\u00fcrgen|\"J\u00fcrgen\""
            })
    void ambiguousValuesAreQuoted(String value, String written) {
        assertThat(AccessLog.word(value)).isEqualTo(written);
    }
}
