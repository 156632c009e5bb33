package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RandomIdTest {

    private static final String DIGITS = "0123456789abcdef0123456789abcdef";

    @Test
    void isAPrefixAnd128Bits() {
        assertThat(RandomId.of("job_")).matches("job_[0-9a-f]{32}");
    }

    @Test
    void everyIdIsDifferent() {
        assertThat(IntStream.range(0, 1_000).mapToObj(i -> RandomId.of("x_"))).doesNotHaveDuplicates();
    }

    @Test
    void usesAllBits() {
        for (int place = 0; place < 32; place++) {
            int at = place;
            assertThat(IntStream.range(0, 400)
                            .mapToObj(i -> RandomId.of(""))
                            .map(id -> id.charAt(at))
                            .distinct())
                    .as("digit " + at)
                    .hasSize(16);
        }
    }

    @Test
    void aGeneratedIdIsValid() {
        assertThat(RandomId.isValid("job_", RandomId.of("job_"))).isTrue();
        assertThat(RandomId.isValid("job_", "job_" + DIGITS)).isTrue();
        assertThat(RandomId.isValid("", DIGITS)).isTrue();
    }

    static Stream<String> others() {
        return Stream.of(
                "",
                "job_",
                DIGITS,
                "batch_" + DIGITS,
                "job" + DIGITS,
                "job-" + DIGITS,
                "JOB_" + DIGITS,
                "xjob_" + DIGITS,
                "job_" + DIGITS + "0",
                "job_" + DIGITS.substring(1),
                "job_" + DIGITS.toUpperCase(Locale.ROOT),
                "job_" + DIGITS.substring(1) + "g",
                "job_" + DIGITS.substring(1) + "/",
                "job_" + DIGITS.substring(1) + ":",
                "job_" + DIGITS.substring(1) + "`",
                "job_" + DIGITS.substring(1) + "\0",
                "job_" + DIGITS.substring(1) + "\u0660",
                "job_-" + DIGITS.substring(1));
    }

    @ParameterizedTest
    @MethodSource("others")
    void otherTextsAreNotIds(String id) {
        assertThat(RandomId.isValid("job_", id)).isFalse();
    }
}
