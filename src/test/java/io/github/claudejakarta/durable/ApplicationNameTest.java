package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApplicationNameTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "Payroll_2.war-file", "0123456789012345678901234567890123456789012345678901234567890123"})
    void hasLettersDigitsAndThreeOtherCharacters(String name) {
        assertThat(new ApplicationName(name).value()).isEqualTo(name);
        assertThat(ApplicationName.ofServer(name).value()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a b",
                "a/b",
                "it's",
                "m\u00fcller",
                "a\nb",
                "01234567890123456789012345678901234567890123456789012345678901234"
            })
    void otherNamesAreRejectedWithTheKey(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApplicationName(name))
                .withMessageContaining("claude.application must have 1 to 64 letters")
                .withMessageContaining(name);
    }

    @Test
    void aServersNameBecomesAnApplicationName() {
        assertThat(ApplicationName.ofServer("My Bank (test)").value()).matches("My_Bank__test_-[0-9a-f]{8}");
        assertThat(ApplicationName.ofServer("it's").value()).matches("it_s-[0-9a-f]{8}");
    }

    @Test
    void namesThatDifferInOtherCharactersStayDifferent() {
        assertThat(Stream.of("a b", "a_b", "a/b", "a(b").map(ApplicationName::ofServer))
                .doesNotHaveDuplicates();
    }

    @Test
    void longNamesOfAServerStayDifferent() {
        String begin = "x".repeat(80);

        String one = ApplicationName.ofServer(begin + "1").value();

        assertThat(one)
                .hasSize(64)
                .startsWith("xxx")
                .isEqualTo(ApplicationName.ofServer(begin + "1").value());
        assertThat(ApplicationName.ofServer(begin + "2").value()).isNotEqualTo(one);
    }

    @Test
    void namesOfTasksBeginWithTheApplication() {
        assertThat(new ApplicationName("payroll").task("claude-job")).isEqualTo("payroll/claude-job");
        assertThat(LegacyTasks.name("payroll/claude-job")).isEqualTo("claude-job");
    }
}
