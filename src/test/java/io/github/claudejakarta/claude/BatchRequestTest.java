package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchRequestTest {

    private static final String LONGEST = "0123456789012345678901234567890123456789012345678901234567890123";

    @Test
    void hasTheJsonOfABatchRequest() {
        assertThat(BatchRequest.of("a", "m", 5, "Hello").json()).hasToString("""
                {"custom_id":"a","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hello"}]}}""");
    }

    @Test
    void acceptsAnyMessage() {
        var message = MessageRequest.parse(
                "{\"new\":1,\"model\":\"m\",\"max_tokens\":1,\"messages\":[{\"x\":1}],\"stream\":false}");

        assertThat(new BatchRequest("a", message).json().getJsonObject("params"))
                .isEqualTo(message.json());
    }

    @Test
    void cannotBeStreamed() {
        var streaming = MessageRequest.of("m", 1, "a").withStream(true);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BatchRequest("a", streaming))
                .withMessageStartingWith("params.stream: ");
    }

    @Test
    void needsAMessage() {
        assertThatNullPointerException()
                .isThrownBy(() -> new BatchRequest("a", null))
                .withMessage("params");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "-", "_", "Az09_-", LONGEST})
    void acceptsValidCustomIds(String id) {
        assertThat(BatchRequest.of(id, "m", 1, "a").customId()).isEqualTo(id);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "a b", "a.b", "ä", "a\n", LONGEST + "4"})
    void rejectsOtherCustomIds(String id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchRequest.of(id, "m", 1, "a"))
                .withMessage("custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'");
    }
}
