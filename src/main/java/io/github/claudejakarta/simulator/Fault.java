package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A fault that happens before one of a stream's deltas. */
sealed interface Fault {

    /** Returns the number of the delta before which the fault happens, from 0. */
    int at();

    /** Performs the fault. Returns whether the stream continues. */
    boolean perform(EventWriter events) throws IOException;

    /** Returns the faults of a block with this index and number of deltas. */
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
            faults.add(new ErrorEvent(at(directives, "error_at"), type, requestId));
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
            default -> throw new ApiError(400, "sim: cut_mode must be reset or fin");
        };
    }

    /** Sends an error event, and ends the body properly. */
    record ErrorEvent(int at, String type, String requestId) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.event(ApiError.scripted(ApiError.statusOf(type), type).body(requestId));
            events.flush();
            events.response().end();
            return false;
        }
    }

    /** Breaks the connection. */
    record Cut(int at, boolean isReset) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.flush();
            events.response().cut(isReset);
            return false;
        }
    }

    /** Ends the body properly, but too early. */
    record Truncated(int at) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.flush();
            events.response().end();
            return false;
        }
    }

    /** Sends nothing until the client closes the connection. */
    record Stall(int at) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.flush();
            events.response().stall();
            return false;
        }
    }

    /** Sends nothing for a time. */
    record Pause(int at, Duration time) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.flush();
            events.response().pause(time);
            return true;
        }
    }

    /** Sends a data line that is not JSON. */
    record Garbage(int at, int index) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
            events.raw(
                    "content_block_delta",
                    "{\"type\":\"content_block_delta\",\"index\":" + index + ",\"delta\":{\"type\":\"text_del");
            return true;
        }
    }

    /** Sends an event and a delta of unknown types, as future versions of the API may. */
    record Unknown(int at, int index) implements Fault {

        @Override
        public boolean perform(EventWriter events) throws IOException {
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
