package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.EventStream;
import io.github.claudejakarta.claude.http.EventStreams;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.upstream.FixtureFile;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EndedStreamTest {

    private static final JsonObject MANIFEST = json("manifest.json").asJsonObject();

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void isTheStreamOfTheFixture(String name) throws Exception {
        String outcome = MANIFEST.getJsonObject(name).getString("outcome");
        List<StreamEvent> events = events(name);

        ClaudeStream stream = ClaudeStream.of(events);

        assertThat(stream.messageSoFar().<JsonValue>map(Message::json).orElse(JsonValue.NULL))
                .isEqualTo(json(name + ".json"));
        assertThat(stream.status())
                .isEqualTo(outcome.equals("complete") ? StreamStatus.COMPLETED : StreamStatus.FAILED);
        assertThat(stream.events()).startsWith(events.toArray(StreamEvent[]::new));
        assertThat(stream.eventCount()).isEqualTo(events.size() + (outcome.equals("truncated") ? 1 : 0));
        if (outcome.equals("complete")) {
            assertThat(stream.message().json()).isEqualTo(json(name + ".json"));
            assertThat(stream.text()).hasSameSizeAs(pieces(stream));
            assertThat(String.join("", stream.text().toList()))
                    .isEqualTo(stream.message().text());
            assertThat(stream.frame().orElseThrow().usage())
                    .isEqualTo(stream.message().usage());
            assertThat(stream.error()).isEmpty();
        } else {
            ClaudeException error = stream.error().orElseThrow();
            assertThatThrownBy(stream::message).hasMessage(error.getMessage());
            assertThatThrownBy(() -> stream.text().toList()).hasMessage(error.getMessage());
        }
    }

    @Test
    void failsWithoutATerminalEvent() throws Exception {
        ClaudeStream stream = ClaudeStream.of(events("12_truncated_eof"));

        assertThat(stream.error().orElseThrow().errorMessage()).isEqualTo("Claude's stream ended without message_stop");
        assertThat(ClaudeStream.of().status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void isCanceledByAnErrorOfThatKind() {
        var canceled = ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, "Canceled");

        assertThat(ClaudeStream.failed("Two words", canceled).status()).isEqualTo(StreamStatus.CANCELED);
    }

    @Test
    void endsWithItsTerminalEvent() throws Exception {
        List<StreamEvent> events = events("01_plain_text");
        var more = new ArrayList<>(events);
        more.addAll(events("07_error_overloaded"));

        assertThat(ClaudeStream.of(more).events()).containsExactlyElementsOf(events);
    }

    @Test
    void isATextWordByWord() {
        ClaudeStream stream = ClaudeStream.ofText("Two  words, \uD83D\uDE00.\n");

        assertThat(stream.text()).containsExactly("Two  ", "words, ", "\uD83D\uDE00.\n");
        assertThat(stream.message().text()).isEqualTo("Two  words, \uD83D\uDE00.\n");
        assertThat(stream.message().stopReason()).contains(StopReason.END_TURN);
        assertThat(stream.message().usage().outputTokens()).isPositive();
        assertThat(stream.frame().orElseThrow().usage())
                .isEqualTo(stream.message().usage());
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.endedAt()).contains(stream.createdAt());
        assertThat(stream.id())
                .startsWith("stream_")
                .isNotEqualTo(ClaudeStream.ofText("").id());
        assertThat(ClaudeStream.ofText("").message().text()).isEmpty();
    }

    @Test
    void failsWithAnErrorAfterItsText() {
        ClaudeException failure =
                ClaudeException.of(ErrorType.OVERLOADED, "Overloaded").withRetryAfter(Duration.ofSeconds(7));

        ClaudeStream stream = ClaudeStream.failed("Half an", failure);

        assertThat(stream.error()).containsSame(failure);
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        assertThat(stream.messageSoFar().orElseThrow().text()).isEqualTo("Half an");
        assertThatThrownBy(stream::message).hasMessage(failure.getMessage());
        assertThat(ClaudeStream.failed("", failure).messageSoFar()).isEmpty();
        assertThat(ClaudeStream.failed("", failure).frame()).isEmpty();
    }

    @Test
    void stillHasItsMessageAfterACancel() {
        ClaudeStream stream = ClaudeStream.ofText("Done.");

        stream.cancel();

        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        assertThat(stream.message().text()).isEqualTo("Done.");
    }

    private static List<String> pieces(ClaudeStream stream) {
        var text = new StreamText();
        return Stream.concat(
                        stream(stream).map(event -> text.next(event).orElse("")),
                        Stream.of(0).map(end -> text.rest()))
                .filter(piece -> !piece.isEmpty())
                .toList();
    }

    private static Stream<StreamEvent> stream(ClaudeStream stream) {
        var events = new ArrayList<StreamEvent>();
        stream.events().forEach(events::add);
        return events.stream();
    }

    private static List<StreamEvent> events(String fixture) throws IOException {
        EventStream body = EventStreams.of(FixtureFile.sse(fixture));
        var events = new ArrayList<StreamEvent>();
        for (List<ServerSentEvent> some = body.read(); !some.isEmpty(); some = body.read()) {
            some.forEach(event -> events.add(StreamEvent.of(event.name(), event.data())));
        }
        return events;
    }

    private static JsonValue json(String file) {
        try (var in = FixtureFile.class.getResourceAsStream("/fixtures/" + file);
                var reader = Json.createReader(in)) {
            return reader.readValue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
