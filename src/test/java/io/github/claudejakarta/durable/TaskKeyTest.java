package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaskKeyTest {

    @ParameterizedTest
    @CsvSource({"job_1,0,job_1/0", "17,2147483647,17/2147483647", "a/b,3,a/b/3", "'',1,/1"})
    void isReadAsItIsWritten(String id, int number, String text) {
        assertThat(new TaskKey(id, number)).hasToString(text);
        assertThat(TaskKey.parse(text)).isEqualTo(new TaskKey(id, number));
    }

    @ParameterizedTest
    @ValueSource(strings = {"job_1", "job_1/", "job_1/x", ""})
    void anInvalidKeyIsNotRead(String text) {
        assertThatThrownBy(() -> TaskKey.parse(text)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void eachRoundIsADifferentTask() {
        assertThat(new TaskKey("job_1", 0)).isNotEqualTo(new TaskKey("job_1", 1));
    }
}
