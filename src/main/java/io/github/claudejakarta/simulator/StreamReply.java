package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Sends an answer as events, with its delays and faults. */
final class StreamReply {

    private static final List<String> KINDS = List.of("text", "thinking", "tool");

    private final Answer answer;
    private final Directives directives;
    private final Pace pace;
    private final String requestId;
    private final int pingEvery;
    private final Optional<Block> faultyBlock;
    private final List<Fault> faults;
    private long nextDelta;

    StreamReply(Answer answer, Directives directives, Pace pace, String requestId) {
        this.answer = answer;
        this.directives = directives;
        this.pace = pace;
        this.requestId = requestId;
        pingEvery = directives.number("ping_every", 0);
        var kind = directives.text("in").orElse("text");
        if (!KINDS.contains(kind)) {
            throw new ApiError(400, "sim: in must be one of " + KINDS);
        }
        faultyBlock = answer.content().stream()
                .filter(block -> block.kind().equals(kind))
                .findFirst();
        faults = faultyBlock.map(this::faultsOf).orElse(List.of());
    }

    private List<Fault> faultsOf(Block block) {
        return Fault.of(
                directives, answer.content().indexOf(block), block.pieces().size(), requestId);
    }

    void send(HttpResponse response) throws IOException {
        var events = new EventWriter(response, directives);
        response.header("cache-control", "no-cache");
        response.begin(200, "text/event-stream; charset=utf-8");
        nextDelta = System.nanoTime();
        if (directives.has("error_first")) {
            new Fault.ErrorEvent(0, directives.text("error_first").orElseThrow(), requestId).perform(events);
            return;
        }
        events.event("message_start", PROVIDER.createObjectBuilder().add("message", answer.start()));
        for (var index = 0; index < answer.content().size(); index++) {
            if (!sendBlock(index, events)) {
                return;
            }
        }
        events.event(
                "message_delta",
                PROVIDER.createObjectBuilder()
                        .add("delta", answer.ending().json())
                        .add("usage", answer.usage()));
        events.event("message_stop");
        events.flush();
        response.pause(pace.stop());
        response.end();
    }

    /** Sends a block. Returns whether the stream continues. */
    private boolean sendBlock(int index, EventWriter events) throws IOException {
        var block = answer.content().get(index);
        events.event(
                "content_block_start",
                PROVIDER.createObjectBuilder().add("index", index).add("content_block", block.start()));
        if (index == 0) {
            events.ping();
        }
        if (!sendPieces(block, index, events)) {
            return false;
        }
        for (var delta : block.lastDeltas()) {
            events.delta(index, delta);
        }
        events.event("content_block_stop", PROVIDER.createObjectBuilder().add("index", index));
        return true;
    }

    private boolean sendPieces(Block block, int index, EventWriter events) throws IOException {
        var pieces = block.pieces();
        var isFaulty = faultyBlock.filter(faulty -> faulty == block).isPresent();
        for (var delta = 0; delta < pieces.size(); delta++) {
            nextDelta += pace.delta().toNanos();
            events.response().pauseUntil(nextDelta);
            if (isFaulty && !performFaults(delta, events)) {
                return false;
            }
            if (pingEvery > 0 && delta % pingEvery == pingEvery - 1) {
                events.ping();
            }
            events.delta(index, block.delta(pieces.get(delta)));
        }
        return true;
    }

    private boolean performFaults(int delta, EventWriter events) throws IOException {
        for (var fault : faults) {
            if (fault.at() == delta && !fault.perform(events)) {
                return false;
            }
        }
        return true;
    }
}
