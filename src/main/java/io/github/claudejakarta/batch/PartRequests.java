package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the requests of parts from the database, and writes them as the body that creates a message batch. */
final class PartRequests {

    private static final byte[] BODY_BEGIN = "{\"requests\":[".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BODY_END = "]}".getBytes(StandardCharsets.US_ASCII);
    private static final int PAGE_BYTES = 1 << 20;
    private static final long MAX_PAGE = 500;

    private final Database database;

    PartRequests(Database database) {
        this.database = database;
    }

    /**
     * Writes the body that creates the message batch of a part. It reads page by page, and a large request piece by
     * piece, so that neither memory nor a transaction holds the whole body.
     */
    void writeBody(PartSnapshot found, OutputStream out) throws IOException {
        out.write(BODY_BEGIN);
        boolean isFirst = true;
        for (List<Positioned> requests = page(found, -1);
                !requests.isEmpty();
                requests = page(found, requests.get(requests.size() - 1).position())) {
            for (Positioned request : requests) {
                if (!isFirst) {
                    out.write(',');
                }
                isFirst = false;
                if (request.json() == null) {
                    writeLarge(found.key().batch(), request, out);
                } else {
                    out.write(request.json());
                }
            }
        }
        out.write(BODY_END);
    }

    /** @param json null for a request that is larger than a page */
    private record Positioned(long position, long length, byte[] json) {}

    private void writeLarge(long batch, Positioned request, OutputStream out) throws IOException {
        for (int at = 0; at < request.length(); at += PAGE_BYTES) {
            int from = at;
            out.write(database.use(connection -> Sql.piece(
                            connection,
                            "body",
                            "claude_batch_request where batch = ? and position = ?",
                            from,
                            PAGE_BYTES,
                            batch,
                            request.position()))
                    .orElseThrow(() -> new IOException("The batch was deleted while it was sent")));
        }
    }

    /** Returns the next requests: at least one, and no more than fit into a page. */
    private List<Positioned> page(PartSnapshot found, long after) {
        // In round 0 by position alone: the requests of the part are a range of positions, and none of them has been
        // resubmitted yet. The order is that of the whole primary key. Otherwise H2 sorts the whole part for each
        // page.
        boolean isFirstRound = found.part().round() == 0;
        String from = isFirstRound
                ? " from claude_batch_request r where r.batch = ? and r.position > ? and r.position <= ?"
                : " from claude_batch_resent s join claude_batch_request r on r.batch = s.batch and r.position = s.position"
                        + " where s.batch = ? and s.position > ? and s.part = ?";
        String order = isFirstRound ? " order by r.batch, r.position" : " order by s.batch, s.part, s.position";
        long bound = isFirstRound ? found.part().last() : found.key().number();
        long begin = isFirstRound ? Math.max(found.part().first() - 1, after) : after;
        return database.use(connection -> {
            var sizes = new ArrayList<Positioned>();
            var bytes = new long[1];
            Sql.<RuntimeException>each(
                    connection,
                    "select r.position, octet_length(r.body)" + from + order + " limit " + MAX_PAGE,
                    row -> {
                        bytes[0] += row.getLong(2);
                        if (sizes.isEmpty() || bytes[0] <= PAGE_BYTES) {
                            sizes.add(new Positioned(row.getLong(1), row.getLong(2), null));
                        }
                    },
                    found.key().batch(),
                    begin,
                    bound);
            if (sizes.isEmpty() || sizes.get(0).length() > PAGE_BYTES) {
                return sizes;
            }
            return Sql.list(
                    connection,
                    "select r.position, octet_length(r.body), r.body" + from + " and r.position <= ?" + order,
                    row -> new Positioned(row.getLong(1), row.getLong(2), row.getBytes(3)),
                    found.key().batch(),
                    begin,
                    bound,
                    sizes.get(sizes.size() - 1).position());
        });
    }
}
