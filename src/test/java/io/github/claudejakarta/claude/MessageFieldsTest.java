package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules for requests of a batch. MessagesBodyTest tests the rules for all requests. */
class MessageFieldsTest {

    private static final String GOOD = "\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ",\"stream\":false",
                ",\"stream\":null",
                ",\"temperature\":7",
                ",\"new\":{\"speed\":1}",
                ",\"metadata\":{\"fallbacks\":[],\"stream\":true}",
                ",\"speeds\":1",
                ",\"speed\":null,\"fallbacks\":null"
            })
    void acceptsFieldsThatOnlyClaudeCanCheck(String more) {
        assertThatCode(() -> fields("{" + GOOD + more + "}").requireValidForBatch())
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{GOOD,\"stream\":true}             | stream: a batch cannot be streamed",
                "{GOOD,\"stream\":0}                | stream: Input should be a valid boolean",
                "{GOOD,\"max_tokens\":0}            | max_tokens: Input should be greater than 0 in a batch",
                "{GOOD,\"max_tokens\":-1}           | max_tokens: Input should be greater than or equal to 0",
                "{GOOD,\"max_tokens\":2147483648}   | max_tokens: Input should be less than or equal to 2147483647",
                "{\"speed\":\"fast\",GOOD}          | speed: not available in a batch",
                "{\"fallbacks\":[{\"a\":1}],GOOD}   | fallbacks: not available in a batch",
                "{\"model\":\"m\",\"messages\":[{}]} | max_tokens: Field required",
                "{\"max_tokens\":1,\"messages\":[{}]} | model: Field required",
                "{\"model\":\"m\",\"max_tokens\":1} | messages: Field required",
                "{}                                 | model: Field required",
            })
    void errorsNameTheFieldThatABatchRejects(String text, String message) {
        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> fields(text.replace("GOOD", GOOD)).requireValidForBatch());

        assertThat(refusal.errorMessage()).isEqualTo(message);
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
    }

    @Test
    void fieldsThatABatchRejectsAreAllowedInASingleMessage() {
        var fields = fields("{" + GOOD + ",\"max_tokens\":0,\"speed\":\"fast\",\"fallbacks\":[],\"stream\":true}");

        assertThatCode(() -> {
                    fields.requireCommon();
                    fields.requireMaxTokens();
                })
                .doesNotThrowAnyException();
        assertThat(fields.isStreaming()).isTrue();
    }

    private static MessageFields fields(String text) {
        return MessageFields.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
