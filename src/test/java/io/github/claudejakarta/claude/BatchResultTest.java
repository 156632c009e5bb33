package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.claudejakarta.claude.BatchResult.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchResultTest {

    @Test
    void aSucceededResultHasAMessage() {
        var result = BatchResult.parse("""
                {"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_1","content":[{"type":"text","text":"Hi"}]}}}""");

        assertThat(result.customId()).isEqualTo("a");
        assertThat(result.type()).isEqualTo("succeeded");
        assertThat(result.message().orElseThrow().text()).isEqualTo("Hi");
        assertThat(result.outcome()).isInstanceOf(Outcome.Succeeded.class);
    }

    @Test
    void aRefusalCountsAsSucceeded() {
        var result = BatchResult.parse(
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"succeeded\",\"message\":{\"stop_reason\":\"refusal\"}}}");

        assertThat(result.message().orElseThrow().stopReason())
                .map(Object::toString)
                .contains("refusal");
    }

    @Test
    void anErrorHasTheFormOfTheErrorOfASingleMessage() {
        var result = BatchResult.parse("""
                {"custom_id":"b","result":{"type":"errored","error":{"type":"error",
                "error":{"type":"invalid_request_error","message":"too long"},"request_id":"req_1"}}}""");

        assertThat(result.outcome()).isInstanceOfSatisfying(Outcome.Errored.class, errored -> {
            assertThat(errored.error().type()).isEqualTo(ErrorType.INVALID_REQUEST);
            assertThat(errored.error().status()).isEqualTo(400);
            assertThat(errored.error().errorMessage()).isEqualTo("too long");
            assertThat(errored.error().requestId()).contains("req_1");
        });
        assertThat(result.message()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"error\":null", ",\"error\":{}", ",\"error\":\"x\""})
    void anErrorWithoutDetailsIsAnApiError(String error) {
        var result = BatchResult.parse("{\"custom_id\":\"b\",\"result\":{\"type\":\"errored\"" + error + "}}");

        assertThat(((Outcome.Errored) result.outcome()).error().type()).isEqualTo(ErrorType.API);
    }

    @Test
    void readsCanceledAndExpiredResults() {
        assertThat(BatchResult.parse("{\"custom_id\":\"c\",\"result\":{\"type\":\"canceled\"}}")
                        .outcome())
                .isEqualTo(new Outcome.Canceled());
        assertThat(BatchResult.parse("{\"custom_id\":\"d\",\"result\":{\"type\":\"expired\"}}")
                        .outcome())
                .isEqualTo(new Outcome.Expired());
    }

    @Test
    void keepsAnUnknownOutcome() {
        var result = BatchResult.parse("{\"custom_id\":\"c\",\"result\":{\"type\":\"paused\",\"until\":1}}");

        assertThat(result.outcome()).isInstanceOfSatisfying(Outcome.Unknown.class, unknown -> {
            assertThat(unknown.type()).isEqualTo("paused");
            assertThat(unknown.json().getInt("until")).isEqualTo(1);
        });
    }

    @Test
    void absentFieldsAreEmpty() {
        var result = BatchResult.parse("{}");

        assertThat(result.customId()).isEmpty();
        assertThat(result.type()).isEmpty();
        assertThat(result.message()).isEmpty();
        assertThat(result.outcome()).isInstanceOf(Outcome.Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{}{}", "x"})
    void rejectsTextThatIsNotAnObject(String line) {
        assertThatIllegalArgumentException().isThrownBy(() -> BatchResult.parse(line));
    }
}
