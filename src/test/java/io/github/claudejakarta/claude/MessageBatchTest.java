package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.claudejakarta.claude.MessageBatch.Counts;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageBatchTest {

    private static final String ENDED = """
            {"id":"msgbatch_1","type":"message_batch","processing_status":"ended","request_counts":{"processing":0,"succeeded":1,\
            "errored":2,"canceled":3,"expired":4},"created_at":"2026-09-01T10:00:00.123456Z","expires_at":"2026-09-02T10:00:00.123456Z",\
            "ended_at":"2026-09-01T10:30:00Z","cancel_initiated_at":null,"archived_at":null,"results_url":"https://x","new":[1]}""";

    @Test
    void readsAllFields() {
        var batch = MessageBatch.parse(ENDED);

        assertThat(batch.id()).isEqualTo("msgbatch_1");
        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 1, 2, 3, 4));
        assertThat(batch.createdAt()).contains(Instant.parse("2026-09-01T10:00:00.123456Z"));
        assertThat(batch.endedAt()).contains(Instant.parse("2026-09-01T10:30:00Z"));
    }

    @Test
    void keepsUnknownFields() {
        assertThat(MessageBatch.parse(ENDED).json()).hasToString(ENDED);
    }

    @ParameterizedTest
    @CsvSource({"in_progress,false", "canceling,false", "ended,true", "something_new,false", "'',false"})
    void onlyEndedIsTheEnd(String status, boolean hasEnded) {
        var batch = MessageBatch.parse("{\"type\":\"message_batch\",\"processing_status\":\"" + status + "\"}");

        assertThat(batch.processingStatus()).isEqualTo(status);
        assertThat(batch.hasEnded()).isEqualTo(hasEnded);
    }

    @Test
    void absentFieldsAreEmpty() {
        var batch = MessageBatch.parse("{\"type\":\"message_batch\"}");

        assertThat(batch.id()).isEmpty();
        assertThat(batch.hasEnded()).isFalse();
        assertThat(batch.requestCounts()).isEqualTo(Counts.NONE);
        assertThat(batch.createdAt()).isEmpty();
        assertThat(batch.endedAt()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "5", "\"\"", "\"yesterday\"", "\"2026-09-01\""})
    void anInvalidTimeIsEmpty(String time) {
        assertThat(MessageBatch.parse("{\"type\":\"message_batch\",\"created_at\":" + time + "}")
                        .createdAt())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{}", "{", "{\"type\":\"message\"}", "{\"type\":\"message_batch\"}x", "<html>"})
    void rejectsTextThatIsNotABatch(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MessageBatch.parse(text))
                .withMessage("The answer is not a message batch");
    }

    @Test
    void countsAddUp() {
        assertThat(new Counts(1, 2, 3, 4, 5).plus(new Counts(10, 20, 30, 40, 50)))
                .isEqualTo(new Counts(11, 22, 33, 44, 55));
        assertThat(new Counts(1, 2, 3, 4, 5).all()).isEqualTo(15);
        assertThat(Counts.processing(7)).isEqualTo(new Counts(7, 0, 0, 0, 0));
    }

    @Test
    void countsHaveTheJsonOfAnthropic() {
        assertThat(new Counts(1, 2, 3, 4, 5).json())
                .hasToString("{\"processing\":1,\"succeeded\":2,\"errored\":3,\"canceled\":4,\"expired\":5}");
    }
}
