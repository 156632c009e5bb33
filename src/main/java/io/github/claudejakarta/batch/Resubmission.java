package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Selects the requests that are resubmitted, and cuts them into parts. The old outcome of a request is stored until the
 * request has a new one.
 *
 * @param kinds kinds of outcomes whose requests are resubmitted
 */
record Resubmission(Set<Kind> kinds, int maxRequests, long maxBytes) {

    private static final int INSERT_SIZE = 500;

    /** A kind of outcome that may be better the next time. */
    enum Kind {
        EXPIRED,
        UNSENT,
        FAILED_TEMPORARILY,
        CANCELED
    }

    private record Candidate(long position, int settledPart, String outcome, String errorType, long bytes) {}

    /**
     * Creates the parts of the resubmission.
     *
     * @return the numbers of the new parts
     */
    List<Integer> perform(Connection connection, long batch, List<BatchPart> parts) throws SQLException {
        int round = parts.stream().mapToInt(BatchPart::round).max().orElse(0) + 1;
        int number = parts.stream().mapToInt(BatchPart::number).max().orElse(0);
        var made = new ArrayList<Integer>();
        long after = -1;
        while (true) {
            Cut cut = cut(connection, batch, after, number + 1);
            if (cut.requests == 0) {
                return made;
            }
            number++;
            after = cut.last;
            BatchStore.insertPart(connection, batch, number, round, 0, -1, cut.requests, cut.bytes);
            for (Map.Entry<List<Object>, Long> counts : cut.counts.entrySet()) {
                subtract(
                        connection,
                        batch,
                        (Integer) counts.getKey().get(0),
                        (String) counts.getKey().get(1),
                        counts.getValue());
            }
            made.add(number);
        }
    }

    /** Cuts one part: assigns candidates to it until it is full. */
    private Cut cut(Connection connection, long batch, long after, int number) throws SQLException {
        var cut = new Cut();
        cut.last = after;
        while (true) {
            List<Candidate> page = candidates(connection, batch, cut.last);
            var fitting = new ArrayList<Candidate>();
            for (Candidate candidate : page) {
                if (!cut.hasRoomFor(candidate, maxRequests, maxBytes)) {
                    break;
                }
                cut.add(candidate);
                fitting.add(candidate);
            }
            move(connection, batch, number, fitting);
            if (fitting.size() < page.size() || page.size() < INSERT_SIZE) {
                return cut;
            }
        }
    }

    private static final class Cut {

        private long requests;
        private long bytes = Submission.FRAME_BYTES;
        private long last;
        private final Map<List<Object>, Long> counts = new HashMap<>();

        boolean hasRoomFor(Candidate candidate, int maxRequests, long maxBytes) {
            return requests == 0 || requests < maxRequests && bytes + candidate.bytes() + 1 <= maxBytes;
        }

        void add(Candidate candidate) {
            requests++;
            bytes += candidate.bytes() + 1;
            last = candidate.position();
            counts.merge(List.of(candidate.settledPart(), candidate.outcome()), 1L, Long::sum);
        }
    }

    private List<Candidate> candidates(Connection connection, long batch, long after) throws SQLException {
        return Sql.list(
                connection,
                "select position, settled_part, outcome, error_type, octet_length(body) as bytes from claude_batch_request where batch = ?"
                        + " and position > ? and part = settled_part and (" + condition()
                        + ") order by batch, position limit " + INSERT_SIZE,
                row -> new Candidate(row.getLong(1), row.getInt(2), row.getString(3), row.getString(4), row.getLong(5)),
                batch,
                after);
    }

    private String condition() {
        var conditions = new ArrayList<String>();
        for (Kind one : kinds) {
            conditions.add(
                    switch (one) {
                        case EXPIRED -> "outcome = 'expired'";
                        case UNSENT -> "outcome = 'refused'";
                        case CANCELED -> "outcome = 'canceled'";
                        case FAILED_TEMPORARILY ->
                            "outcome = 'errored' and error_type in (" + temporaryErrorTypes() + ")";
                    });
        }
        return String.join(" or ", conditions);
    }

    private static String temporaryErrorTypes() {
        return String.join(
                ", ",
                List.of(
                                ErrorType.CONFLICT,
                                ErrorType.RATE_LIMIT,
                                ErrorType.API,
                                ErrorType.TIMEOUT,
                                ErrorType.OVERLOADED)
                        .stream()
                        .filter(ErrorType::isRetryable)
                        .map(type -> "'" + type.value() + "'")
                        .toList());
    }

    private static void move(Connection connection, long batch, int number, List<Candidate> candidates)
            throws SQLException {
        try (PreparedStatement resent = connection.prepareStatement(
                        "insert into claude_batch_resent (batch, part, position, outcome, error_type) values (?, ?, ?, ?, ?)");
                PreparedStatement moved = connection.prepareStatement(
                        "update claude_batch_request set part = ?, outcome = null, error_type = null where batch = ? and position = ?")) {
            for (Candidate candidate : candidates) {
                Sql.set(resent, batch, number, candidate.position(), candidate.outcome(), candidate.errorType());
                resent.addBatch();
                Sql.set(moved, number, batch, candidate.position());
                moved.addBatch();
            }
            resent.executeBatch();
            moved.executeBatch();
        }
    }

    private static void subtract(Connection connection, long batch, int part, String outcome, long requests)
            throws SQLException {
        String count = count(outcome);
        Sql.update(
                connection,
                "update claude_batch_part set " + count + " = " + count + " - ? where batch = ? and number = ?",
                requests,
                batch,
                part);
    }

    /** Returns the requests of a part that was never sent to the parts that they came from. */
    static void undo(Connection connection, PartKey key) throws SQLException {
        Map<List<Object>, Long> back = new HashMap<>();
        Sql.<RuntimeException>each(
                connection,
                """
            select r.settled_part, s.outcome, count(*)
            from claude_batch_resent s join claude_batch_request r on r.batch = s.batch and r.position = s.position
            where s.batch = ? and s.part = ? group by r.settled_part, s.outcome""",
                row -> back.put(List.of(row.getInt(1), row.getString(2)), row.getLong(3)),
                key.batch(),
                key.number());
        for (Map.Entry<List<Object>, Long> one : back.entrySet()) {
            subtract(
                    connection,
                    key.batch(),
                    (Integer) one.getKey().get(0),
                    (String) one.getKey().get(1),
                    -one.getValue());
        }
        Sql.update(connection, """
            update claude_batch_request r set part = settled_part,
                outcome = (select s.outcome from claude_batch_resent s where s.batch = r.batch and s.part = r.part and s.position = r.position),
                error_type = (select s.error_type from claude_batch_resent s where s.batch = r.batch and s.part = r.part and s.position = r.position)
            where r.batch = ? and r.part = ?""", key.batch(), key.number());
        Sql.update(
                connection, "delete from claude_batch_resent where batch = ? and part = ?", key.batch(), key.number());
    }

    private static String count(String outcome) {
        return switch (outcome) {
            case "expired", "canceled" -> outcome;
            default -> "errored";
        };
    }
}
