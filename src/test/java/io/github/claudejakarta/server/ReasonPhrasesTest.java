package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasonPhrasesTest {

    @ParameterizedTest
    @CsvSource({"429,Too Many Requests", "529,Overloaded", "404,Not Found", "499,Client Error", "520,Server Error"})
    void everyErrorHasAReasonPhrase(int status, String phrase) {
        assertThat(ReasonPhrases.phrase(status)).isEqualTo(phrase);
    }
}
