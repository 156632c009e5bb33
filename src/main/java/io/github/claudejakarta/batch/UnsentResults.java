package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.durable.StoredErrors;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

/**
 * The results of a part that Claude never accepted. Every request has one, so that the results of the batch are
 * complete. Requests that Claude rejected are errored, with Claude's error for the whole part.
 */
final class UnsentResults implements ResultLines {

    private static final int PAGE = 500;

    private final PartStore parts;
    private final long batch;
    private final BatchPart part;
    private final List<Integer> later;
    private final JsonObject result;
    private final ErrorKind errorKind;
    private Iterator<PartOutcomes.Unsent> page = List.<PartOutcomes.Unsent>of().iterator();
    private long after;
    private byte[] line = {};

    /** @param later numbers of later parts that have ended; results of their requests are not among these */
    UnsentResults(PartStore parts, long batch, BatchPart part, List<Integer> later) {
        this.parts = parts;
        this.batch = batch;
        this.part = part;
        this.later = later;
        this.after = part.first() - 1;
        String problem =
                part.problem().orElseGet(() -> StoredErrors.of(ErrorType.API, "Claude did not accept the request"));
        this.errorKind = StoredErrors.failure(problem).kind();
        this.result = part.state() == PartState.CANCELED
                ? Json.createObjectBuilder().add("type", "canceled").build()
                : Json.createObjectBuilder()
                        .add("type", "errored")
                        .add("error", StoredErrors.json(problem))
                        .build();
    }

    @Override
    public void open() {
        // nothing to open
    }

    @Override
    public boolean next() throws IOException {
        if (!page.hasNext()) {
            page = parts.outcomes().unsent(batch, part, later, after, PAGE).iterator();
        }
        if (!page.hasNext()) {
            if (parts.states().find(new PartKey(batch, part.number())).isEmpty()) {
                throw new Broken(new IOException("The batch was deleted while its results were read"));
            }
            return false;
        }
        PartOutcomes.Unsent unsent = page.next();
        after = unsent.position();
        line = JsonText.bytes(Json.createObjectBuilder()
                .add("custom_id", unsent.customId())
                .add("result", result)
                .build());
        return true;
    }

    @Override
    public ErrorKind errorKind() {
        return errorKind;
    }

    @Override
    public byte[] buffer() {
        return line;
    }

    @Override
    public int start() {
        return 0;
    }

    @Override
    public int length() {
        return line.length;
    }

    @Override
    public void close() {
        // nothing to close
    }
}
