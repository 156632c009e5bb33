package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamEventTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "MessageStart      | {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}",
                "ContentBlockStart | {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}",
                "ContentBlockDelta | {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}",
                "ContentBlockStop  | {\"type\":\"content_block_stop\",\"index\":0}",
                "MessageDelta      | {\"type\":\"message_delta\",\"delta\":{},\"usage\":{}}",
                "MessageStop       | {\"type\":\"message_stop\"}",
                "Ping              | {\"type\":\"ping\"}",
                "Error             | {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}",
                "Unknown           | {\"type\":\"new_event\"}",
            })
    void theTypeInTheJsonDecides(String record, String data) {
        for (var name : new String[] {"", "ping", "new_event"}) {
            var event = StreamEvent.of(name, data);

            assertThat(event.getClass().getSimpleName()).isEqualTo(record);
            assertThat(event.type())
                    .isEqualTo(JsonText.object(data).orElseThrow().getString("type"));
        }
    }

    @Test
    void theNameDecidesIfTheJsonHasNoType() {
        assertThat(StreamEvent.of("message_stop", "{}")).isInstanceOf(StreamEvent.MessageStop.class);
        assertThat(StreamEvent.of("message_stop", "{\"type\":7}")).isInstanceOf(StreamEvent.MessageStop.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"message_start\"}",
                "{\"type\":\"message_start\",\"message\":\"text\"}",
                "{\"type\":\"content_block_start\",\"index\":0}",
                "{\"type\":\"content_block_start\",\"content_block\":{}}",
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":null}",
                "{\"type\":\"content_block_delta\",\"index\":-1,\"delta\":{}}",
                "{\"type\":\"content_block_delta\",\"index\":\"0\",\"delta\":{}}",
                "{\"type\":\"content_block_delta\",\"index\":0.5,\"delta\":{}}",
                "{\"type\":\"content_block_stop\",\"index\":99999999999}",
                "{\"type\":\"message_delta\",\"usage\":{}}",
                "[]",
                "\"text\"",
                "",
                "[DONE]",
                "{\"type\":\"ping\"",
                "{\"type\":\"ping\"} {}",
            })
    void incompleteEventsAreUnknown(String data) {
        assertThat(StreamEvent.of("content_block_delta", data))
                .isEqualTo(new StreamEvent.Unknown("content_block_delta", data));
    }

    @Test
    void anUnknownEventHasTheTypeOfTheJsonOrElseTheName() {
        assertThat(StreamEvent.of("name", "{\"type\":\"type\"}").type()).isEqualTo("type");
        assertThat(StreamEvent.of("name", "{}").type()).isEqualTo("name");
        assertThat(StreamEvent.of("", "no json").type()).isEmpty();
    }

    @Test
    void onlyTheEndAndErrorsAreTerminal() {
        assertThat(StreamEvent.of("", "{\"type\":\"message_stop\"}").isTerminal())
                .isTrue();
        assertThat(StreamEvent.of("", "{\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}")
                        .isTerminal())
                .isTrue();
        assertThat(StreamEvent.of("", "{\"type\":\"message_delta\",\"delta\":{}}")
                        .isTerminal())
                .isFalse();
        assertThat(StreamEvent.of("", "{\"type\":\"new_event\"}").isTerminal()).isFalse();
    }

    @Test
    void keepsUnknownFields() {
        var data = "{\"type\":\"ping\",\"nonce\":[1.50,null,{\"b\":1,\"a\":2}]}";

        assertThat(((StreamEvent.Ping) StreamEvent.of("", data)).json()).hasToString(data);
    }

    @Test
    void readsTheContentOfEvents() {
        var start = (StreamEvent.MessageStart)
                StreamEvent.of("", "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"}}");
        var block = (StreamEvent.ContentBlockStart) StreamEvent.of("", """
                {"type":"content_block_start","index":3,"content_block":{"type":"text","text":"a"}}""");
        var piece = (StreamEvent.ContentBlockDelta) StreamEvent.of("", """
                {"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"b"}}""");
        var stop = (StreamEvent.ContentBlockStop) StreamEvent.of("", "{\"type\":\"content_block_stop\",\"index\":5}");
        var end = (StreamEvent.MessageDelta) StreamEvent.of("", """
                {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":6}}""");

        assertThat(start.message().id()).isEqualTo("msg_1");
        assertThat(block.index()).isEqualTo(3);
        assertThat(block.block()).isEqualTo(ContentBlock.Text.of("a"));
        assertThat(piece.index()).isEqualTo(4);
        assertThat(((ContentDelta.TextDelta) piece.delta()).text()).isEqualTo("b");
        assertThat(stop.index()).isEqualTo(5);
        assertThat(end.stopReason()).contains(StopReason.END_TURN);
        assertThat(end.usage().orElseThrow().outputTokens()).isEqualTo(6);
    }

    @Test
    void anErrorBecomesAnExceptionWithTheStatusOfItsType() {
        var data =
                "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"},\"request_id\":\"req_1\"}";
        var error = (StreamEvent.Error) StreamEvent.of("error", data);

        assertThat(error.errorType()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(error.message()).isEqualTo("Overloaded");
        assertThat(error.requestId()).contains("req_1");
        assertThat(error.exception().status()).isEqualTo(529);
        assertThat(error.exception().type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(error.exception().requestId()).contains("req_1");
        assertThat(error.exception().body()).isEqualTo(data);
    }

    @Test
    void anErrorOfAnUnknownTypeCountsAs500() {
        var error = (StreamEvent.Error)
                StreamEvent.of("error", "{\"type\":\"error\",\"error\":{\"type\":\"moon_error\",\"message\":\"m\"}}");

        assertThat(error.exception().status()).isEqualTo(500);
        assertThat(error.exception().type()).isEqualTo(new ErrorType("moon_error"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "error | upstream fell over                                        | upstream fell over",
                "error | {\"type\":\"error\",\"error\":\"upstream fell over\"}     | upstream fell over",
                "error | {\"error\":{\"message\":\"upstream fell over\"}}          | upstream fell over",
                "error | {\"type\":\"boom\",\"message\":\"upstream fell over\"}    | upstream fell over",
                "error | <html><body>502</body></html>                             | The stream failed. The error event gives no reason.",
                "~~    | {\"error\":{\"message\":\"upstream fell over\"}}          | upstream fell over",
            })
    void anErrorInAnyFormatIsAnError(String name, String data, String message) {
        var error = (StreamEvent.Error) StreamEvent.of(name, data);

        assertThat(error.isTerminal()).isTrue();
        assertThat(error.errorType()).isEqualTo(ErrorType.API);
        assertThat(error.message()).isEqualTo(message);
        assertThat(error.json().getString("type")).isEqualTo("error");
    }
}
