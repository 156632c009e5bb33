package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.MessageAccumulator.Outcome;
import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FixtureTest {

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void accumulatesToTheMessage(Fixture fixture) {
        var message =
                fixture.accumulated().message().<JsonValue>map(Message::json).orElse(JsonValue.NULL);

        assertThat(message).isEqualTo(fixture.message());
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void hasTheOutcome(Fixture fixture) {
        var expected = switch (fixture.expected().getString("outcome")) {
            case "complete" -> Outcome.COMPLETE;
            case "error" -> Outcome.FAILED;
            default -> Outcome.UNFINISHED;
        };

        assertThat(fixture.accumulated().outcome()).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void hasTheNumberOfEventsAndPings(Fixture fixture) {
        var events = fixture.events();

        assertThat(events).hasSize(fixture.expected().getInt("events"));
        assertThat(events.stream().filter(StreamEvent.Ping.class::isInstance))
                .hasSize(fixture.expected().getInt("pings"));
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void ignoresOnlyUnknownEvents(Fixture fixture) {
        var expected = fixture.expected().getJsonArray("ignored").getValuesAs(JsonString::getString).stream()
                .collect(Collectors.toMap(type -> type, type -> 1));

        assertThat(fixture.accumulated().ignored()).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void knowsTheOpenBlocks(Fixture fixture) {
        var expected = Optional.ofNullable(fixture.expected().getJsonArray("open_blocks"))
                .map(open -> open.getValuesAs(JsonNumber::intValue))
                .orElse(List.of());

        assertThat(fixture.accumulated().openBlocks()).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void keepsToolInputThatIsNotJson(Fixture fixture) {
        var expected = Optional.ofNullable(fixture.expected().getJsonObject("unparsed_tool_input"))
                .orElse(JsonValue.EMPTY_JSON_OBJECT)
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        entry -> Integer.valueOf(entry.getKey()),
                        entry -> ((JsonString) entry.getValue()).getString()));

        assertThat(fixture.accumulated().unparsedToolInput()).isEqualTo(expected);
    }

    @Test
    void theMessageListsToolsWhoseInputIsNotJson() {
        assertThat(Fixture.all()
                        .filter(fixture -> fixture.accumulated().outcome() == Outcome.COMPLETE)
                        .flatMap(
                                fixture -> fixture.accumulated().message().orElseThrow().unparsedToolInputs().stream()))
                .containsExactly(new UnparsedToolInput(
                        0,
                        "toolu_01FxWriteFile3",
                        "write_file",
                        "{\"path\": \"notes.txt\", \"lines\": [\"alpha\", \"be"));
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void keepsTheError(Fixture fixture) {
        var expected = Optional.ofNullable(fixture.expected().getJsonObject("error"));

        assertThat(fixture.accumulated().error().map(StreamEvent.Error::json)).isEqualTo(expected);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void eventsEndWithATerminalEventUnlessCutOff(Fixture fixture) {
        var terminal = fixture.events().stream().filter(StreamEvent::isTerminal).toList();

        assertThat(terminal).hasSize(fixture.expected().getString("outcome").equals("truncated") ? 0 : 1);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.claude.Fixture#all")
    void readingTheMessageInBetweenChangesNothing(Fixture fixture) {
        var accumulator = new MessageAccumulator();
        for (var event : fixture.events()) {
            accumulator.accumulate(event);
            accumulator.message();
        }

        assertThat(accumulator.message()).isEqualTo(fixture.accumulated().message());
        assertThat(Map.copyOf(accumulator.unparsedToolInput()))
                .isEqualTo(fixture.accumulated().unparsedToolInput());
    }
}
