package io.github.claudejakarta.upstream;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A recorded answer in pieces, as Claude sends it if it is interrupted before a text delta and continues with that
 * delta on request. Text deltas are counted from 0 over all blocks.
 */
public final class Recording {

    private record Frame(String name, JsonObject data) {

        boolean isTextDelta() {
            return name.equals("content_block_delta")
                    && delta().getString("type").equals("text_delta");
        }

        JsonObject delta() {
            return data.getJsonObject("delta");
        }

        int index() {
            return data.getInt("index", -1);
        }

        Frame shifted(int by) {
            return index() < 0
                    ? this
                    : new Frame(
                            name,
                            Json.createObjectBuilder(data)
                                    .add("index", index() - by)
                                    .build());
        }

        @Override
        public String toString() {
            return "event: " + name + "\ndata: " + data + "\n\n";
        }
    }

    private final List<Frame> frames;

    private Recording(List<Frame> frames) {
        this.frames = frames;
    }

    public static Recording of(String fixture) {
        var frames = new ArrayList<Frame>();
        String text = new String(FixtureFile.sse(fixture), StandardCharsets.UTF_8).replace("\r\n", "\n");
        for (String block : text.split("\n\n")) {
            var data = new StringBuilder();
            String name = "";
            for (String line : block.split("\n")) {
                if (line.startsWith("event:")) {
                    name = line.substring(6).strip();
                } else if (line.startsWith("data:")) {
                    data.append(line.substring(5).strip()).append('\n');
                }
            }
            if (!data.isEmpty()) {
                frames.add(new Frame(name, json(data.toString())));
            }
        }
        return new Recording(frames);
    }

    private static JsonObject json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }

    /** The number of text deltas. */
    public int texts() {
        return (int) frames.stream().filter(Frame::isTextDelta).count();
    }

    /** The text of all deltas before this one. */
    public String textUpTo(int text) {
        return String.join("", textDeltas().limit(text).toList());
    }

    private Stream<String> textDeltas() {
        return frames.stream()
                .filter(Frame::isTextDelta)
                .map(frame -> frame.delta().getString("text"));
    }

    /** The final usage of the message: the values of its last event, and the values that only the first event has. */
    public JsonObject usage() {
        var usage = Json.createObjectBuilder(usageAtStart());
        frames.stream()
                .filter(frame -> frame.name().equals("message_delta"))
                .forEach(frame -> frame.data().getJsonObject("usage").forEach(usage::add));
        return usage.build();
    }

    /** The usage in the first event. */
    public JsonObject usageAtStart() {
        return start().data().getJsonObject("message").getJsonObject("usage");
    }

    private Frame start() {
        return frames.stream()
                .filter(frame -> frame.name().equals("message_start"))
                .findFirst()
                .orElseThrow();
    }

    /**
     * The answer before this text delta, or the complete answer if it has fewer deltas. It ends like an interrupted
     * answer.
     */
    public Script upTo(int text) {
        return text >= texts() ? whole(frames) : cut(frames.subList(0, place(text)));
    }

    /** The continuation from one text delta to another. It begins with the text that Claude repeats. */
    public Script from(int text, int to, String repeated) {
        int begin = place(text);
        Frame first = frames.get(begin);
        int shift = first.index();
        var rest = new ArrayList<Frame>();
        rest.add(start());
        frames.stream()
                .filter(frame -> frame.name().equals("content_block_start") && frame.index() == shift)
                .findFirst()
                .ifPresent(frame -> rest.add(frame.shifted(shift)));
        if (!repeated.isEmpty()) {
            rest.add(new Frame(
                    first.name(),
                    Json.createObjectBuilder(first.shifted(shift).data())
                            .add(
                                    "delta",
                                    Json.createObjectBuilder(first.delta()).add("text", repeated))
                            .build()));
        }
        int end = to >= texts() ? frames.size() : place(to);
        frames.subList(begin, end).forEach(frame -> rest.add(frame.shifted(shift)));
        return to >= texts() ? whole(rest) : cut(rest);
    }

    /** The number of events. */
    public int events() {
        return frames.size();
    }

    /** The interrupted answer before this event. */
    public Script upToEvent(int event) {
        return cut(frames.subList(0, event));
    }

    /** The type of the block that is open at this event, or an empty string. */
    public String openBlockAt(int event) {
        String open = "";
        for (Frame frame : frames.subList(0, event)) {
            if (frame.name().equals("content_block_start")) {
                open = frame.data().getJsonObject("content_block").getString("type");
            } else if (frame.name().equals("content_block_stop")) {
                open = "";
            }
        }
        return open;
    }

    /** The number of deltas of any kind from one text delta to another. */
    public int deltas(int text, int to) {
        int begin = text == 0 ? 0 : place(text);
        return (int) frames.subList(begin, place(to)).stream()
                .filter(frame -> frame.name().equals("content_block_delta"))
                .count();
    }

    private int place(int text) {
        int seen = 0;
        for (int at = 0; at < frames.size(); at++) {
            if (frames.get(at).isTextDelta() && seen++ == text) {
                return at;
            }
        }
        throw new IllegalArgumentException("no text delta " + text);
    }

    private static Script cut(List<Frame> some) {
        return whole(some).cut();
    }

    private static Script whole(List<Frame> some) {
        return Script.sseHead()
                .write(String.join("", some.stream().map(Frame::toString).toList()));
    }
}
