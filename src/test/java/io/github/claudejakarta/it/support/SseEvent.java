package io.github.claudejakarta.it.support;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A server-sent event as a browser reads it.
 *
 * @param id the id, empty if it is absent
 * @param name the name, empty if it is absent
 */
public record SseEvent(String id, String name, String data) {

    /** Parses all events of a text, and ignores comments. */
    public static List<SseEvent> parse(String stream) {
        return Arrays.stream(stream.replace("\r\n", "\n").split("\n\n"))
                .map(SseEvent::ofFrame)
                .filter(event -> !event.data.isEmpty() || !event.name.isEmpty())
                .collect(Collectors.toList());
    }

    private static SseEvent ofFrame(String frame) {
        var data = new ArrayList<String>();
        String id = "";
        String name = "";
        for (String line : frame.split("\n")) {
            String[] field = line.split(": ?", 2);
            switch (field[0]) {
                case "id" -> id = field[1];
                case "event" -> name = field[1];
                case "data" -> data.add(field[1]);
                default -> {}
            }
        }
        return new SseEvent(id, name, String.join("\n", data));
    }

    public SseEvent withoutId() {
        return new SseEvent("", name, data);
    }

    public boolean isTerminal() {
        return name.equals("message_stop") || name.equals("error");
    }
}
