package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A recorded stream, its complete message, and its entry in the manifest. */
record Fixture(String name, JsonObject expected) {

    static Stream<Fixture> all() {
        return json("manifest.json").asJsonObject().entrySet().stream()
                .map(entry -> new Fixture(entry.getKey(), entry.getValue().asJsonObject()));
    }

    static Fixture named(String name) {
        return all().filter(fixture -> fixture.name.equals(name)).findFirst().orElseThrow();
    }

    List<StreamEvent> events() {
        var events = new ArrayList<StreamEvent>();
        for (var frame : read(name() + ".sse").replace("\r\n", "\n").split("\n\n")) {
            var data = values(frame, "data");
            if (!data.isEmpty()) {
                events.add(StreamEvent.of(String.join("", values(frame, "event")), String.join("\n", data)));
            }
        }
        return events;
    }

    /** Returns the message; JSON null if the stream has none. */
    JsonValue message() {
        return json(name + ".json");
    }

    MessageAccumulator accumulated() {
        var accumulator = new MessageAccumulator();
        events().forEach(accumulator::accumulate);
        return accumulator;
    }

    @Override
    public String toString() {
        return name;
    }

    private static List<String> values(String frame, String field) {
        return frame.lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1))
                .map(value -> value.startsWith(" ") ? value.substring(1) : value)
                .toList();
    }

    private static JsonValue json(String file) {
        try (var reader = JsonText.PROVIDER.createReader(new StringReader(read(file)))) {
            return reader.readValue();
        }
    }

    private static String read(String file) {
        try (var stream = Fixture.class.getResourceAsStream("/fixtures/" + file)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
