package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What goes wrong before one of a stream's deltas. */
sealed interface Fault {

    /** Which delta it comes before, from 0. */
    int at();

    /** Does it, and says whether the stream goes on. */
    boolean strike(EventWriter events) throws IOException;

    /** The faults that strike in a block of this index and number of deltas. */
    static List<Fault> of(Directives directives, int index, int deltas, String requestId) {
        var faults = new ArrayList<Fault>();
        if (directives.isOn("garbage")) {
            faults.add(new Garbage(deltas / 2, index));
        }
        if (directives.isOn("unknown")) {
            faults.add(new Unknown(deltas / 2, index));
        }
        if (directives.has("pause_at")) {
            faults.add(new Pause(at(directives, "pause_at"), directives.time("pause_us", Duration.ZERO)));
        }
        if (directives.has("error_at")) {
            var type = directives.text("error_type").orElse("overloaded_error");
            faults.add(new Broken(at(directives, "error_at"), type, requestId));
        }
        if (directives.has("cut_at")) {
            faults.add(new Cut(at(directives, "cut_at"), isReset(directives)));
        }
        if (directives.has("truncate_at")) {
            faults.add(new Truncated(at(directives, "truncate_at")));
        }
        if (directives.has("stall_at")) {
            faults.add(new Stall(at(directives, "stall_at")));
        }
        return faults;
    }

    private static int at(Directives directives, String name) {
        return directives.number(name, 0);
    }

    static boolean isReset(Directives directives) {
        return switch (directives.text("cut_mode").orElse("reset")) {
            case "reset" -> true;
            case "fin" -> false;
            default -> throw new ApiError(400, "sim: cut_mode is reset or fin");
        };
    }

    /** An error event, and an orderly end. */
    record Broken(int at, String type, String requestId) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.event(ApiError.scripted(ApiError.statusOf(type), type).body(requestId));
            events.flush();
            events.response().end();
            return false;
        }
    }

    /** A connection that breaks. */
    record Cut(int at, boolean isReset) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.flush();
            events.response().cut(isReset);
            return false;
        }
    }

    /** A body that ends in good order, too early. */
    record Truncated(int at) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.flush();
            events.response().end();
            return false;
        }
    }

    /** Silence until the client leaves. */
    record Stall(int at) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.flush();
            events.response().stall();
            return false;
        }
    }

    /** Silence that ends. */
    record Pause(int at, Duration time) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.flush();
            events.response().pause(time);
            return true;
        }
    }

    /** A data line that is not JSON. */
    record Garbage(int at, int index) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.raw(
                    "content_block_delta",
                    "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"text_del");
            return true;
        }
    }

    /** An event and a delta of the future. */
    record Unknown(int at, int index) implements Fault {

        @Override
        public boolean strike(EventWriter events) throws IOException {
            events.event("future_event", PROVIDER.createObjectBuilder().add("payload", 42));
            events.delta(
                    index,
                    PROVIDER.createObjectBuilder()
                            .add("type", "future_delta")
                            .add("value", 42)
                            .build());
            return true;
        }
    }
}
