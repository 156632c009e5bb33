package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.job.JobStep;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Stores conversations in the memory of this server. They are lost when the server stops.
 *
 * <p>Safe for use by many threads.
 */
final class MemoryStore implements ConversationStore {

    /** Estimated bytes of a conversation in addition to its texts. */
    private static final int OVERHEAD = 1_000;

    private final long maxBytes;
    private final Clock clock;
    /** Oldest first. */
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** @param maxBytes limit for all conversations together */
    MemoryStore(long maxBytes, Clock clock) {
        this.maxBytes = maxBytes;
        this.clock = clock;
    }

    private record Question(String token, byte[] content, Instant askedAt, Optional<String> streamId, Instant until) {}

    private static final class Entry {

        private final Draft draft;
        private final Optional<ForkPoint> forkedFrom;
        private final List<Row> rows;
        private Optional<Question> question = Optional.empty();
        private Instant usedAt;
        private long bytes;

        private Entry(Draft draft, Optional<ForkPoint> forkedFrom) {
            this.draft = draft;
            this.forkedFrom = forkedFrom;
            this.rows = new ArrayList<>(draft.rows());
            this.usedAt = draft.now();
            this.bytes = OVERHEAD + draft.bytes();
        }

        private void add(Row row) {
            rows.add(row);
            bytes += row.bytes();
        }

        private long bytes() {
            return bytes
                    + question.map(Question::content)
                            .map(content -> content.length)
                            .orElse(0);
        }

        private boolean isOpen(Instant now) {
            return question.filter(open -> open.until.isAfter(now)).isPresent();
        }

        private boolean hasOpen(String token) {
            return question.filter(open -> open.token.equals(token)).isPresent();
        }

        private Conversation conversation(Instant now) {
            return new Conversation(
                    draft.id(),
                    draft.owner(),
                    JsonText.value(new String(draft.request(), StandardCharsets.UTF_8))
                            .asJsonObject(),
                    forkedFrom,
                    question.filter(open -> open.until.isAfter(now))
                            .map(open -> new OpenQuestion(open.askedAt, open.streamId, Optional.empty())),
                    rows.size(),
                    bytes(),
                    draft.now(),
                    usedAt,
                    List.of());
        }
    }

    private Instant now() {
        return clock.instant();
    }

    private Optional<Entry> entry(String id) {
        return Optional.ofNullable(entries.get(id));
    }

    private long bytes() {
        return entries.values().stream().mapToLong(Entry::bytes).sum();
    }

    @Override
    public synchronized boolean reserve(long bytes) {
        return bytes() + bytes <= maxBytes;
    }

    @Override
    public synchronized void add(Draft draft) {
        entries.put(draft.id(), new Entry(draft, Optional.empty()));
    }

    @Override
    public synchronized Optional<Conversation> find(String id) {
        return entry(id).map(entry -> entry.conversation(now()));
    }

    @Override
    public synchronized List<Conversation> list(Optional<String> owner, int limit) {
        var newest = new ArrayList<>(entries.values());
        java.util.Collections.reverse(newest);
        return newest.stream()
                .filter(entry ->
                        owner.filter(name -> !name.equals(entry.draft.owner())).isEmpty())
                .limit(limit)
                .map(entry -> entry.conversation(now()))
                .toList();
    }

    @Override
    public void each(String id, int from, int to, Consumer<Row> consumer) {
        List<Row> part;
        synchronized (this) {
            part = entry(id)
                    .map(entry -> List.copyOf(
                            entry.rows.subList(Math.min(from - 1, entry.rows.size()), Math.min(to, entry.rows.size()))))
                    .orElse(List.of());
        }
        part.forEach(consumer);
    }

    @Override
    public Size size(String id, int to) {
        var rows = new ArrayList<Row>();
        each(id, 1, to, rows::add);
        return new Size(
                rows.stream().mapToLong(row -> row.content().length).sum(),
                rows.stream().mapToLong(row -> row.role().length()).sum());
    }

    @Override
    public synchronized boolean open(String id, NewQuestion question, Instant until) {
        Instant now = now();
        Optional<Entry> found =
                entry(id).filter(entry -> entry.rows.size() == question.messages() && !entry.isOpen(now));
        found.ifPresent(entry -> {
            entry.question =
                    Optional.of(new Question(question.token(), question.content(), now, Optional.empty(), until));
            entry.usedAt = now;
        });
        return found.isPresent();
    }

    @Override
    public JobStep openForJob(String id, NewQuestion question) {
        throw ClaudeException.of(
                ErrorType.INVALID_REQUEST,
                id + " is in the memory of this server, but its job may end on another server. Jobs need conversations"
                        + " in the database (claude.conversation.store=database).");
    }

    @Override
    public synchronized void watch(String id, String token, String streamId) {
        change(
                id,
                token,
                open -> new Question(open.token, open.content, open.askedAt, Optional.of(streamId), open.until));
    }

    private void change(String id, String token, java.util.function.UnaryOperator<Question> change) {
        entry(id).filter(entry -> entry.hasOpen(token)).ifPresent(entry -> entry.question = entry.question.map(change));
    }

    @Override
    public synchronized void renew(Map<String, String> tokensById, Instant until) {
        tokensById.forEach((id, token) ->
                change(id, token, open -> new Question(open.token, open.content, open.askedAt, open.streamId, until)));
    }

    @Override
    public synchronized boolean append(String id, String token, Row.Answer answer) {
        Optional<Entry> found = entry(id).filter(entry -> entry.hasOpen(token));
        found.ifPresent(entry -> {
            Instant now = now();
            byte[] content = entry.question.orElseThrow().content;
            if (content != null) {
                entry.add(Row.question(entry.rows.size() + 1, content, now));
            }
            entry.add(Row.answer(entry.rows.size() + 1, answer, now));
            entry.question = Optional.empty();
            entry.usedAt = now;
        });
        return found.isPresent();
    }

    @Override
    public synchronized void close(String id, String token) {
        entry(id).filter(entry -> entry.hasOpen(token)).ifPresent(entry -> entry.question = Optional.empty());
    }

    @Override
    public synchronized boolean fork(String id, Optional<String> messageId, String forkId) {
        Optional<Entry> source = entry(id);
        if (source.isEmpty()) {
            return false;
        }
        List<Row> rows = source.get().rows;
        int count = messageId.map(last -> number(rows, last)).orElse(rows.size());
        if (count < 0) {
            return false;
        }
        Draft draft = source.get().draft;
        Optional<String> last =
                count == 0 ? Optional.empty() : Optional.of(rows.get(count - 1).id());
        entries.put(
                forkId,
                new Entry(
                        new Draft(forkId, draft.owner(), draft.request(), List.copyOf(rows.subList(0, count)), now()),
                        Optional.of(new ForkPoint(id, last))));
        return true;
    }

    private static int number(List<Row> rows, String messageId) {
        return rows.stream()
                .filter(row -> row.id().equals(messageId))
                .mapToInt(Row::number)
                .findFirst()
                .orElse(-1);
    }

    @Override
    public synchronized boolean delete(String id) {
        return entries.remove(id) != null;
    }

    @Override
    public synchronized int deleteUnusedSince(Instant moment) {
        int before = entries.size();
        entries.values().removeIf(entry -> entry.usedAt.isBefore(moment) && !entry.isOpen(now()));
        return before - entries.size();
    }

    @Override
    public void measure() {
        // The bytes are counted at each call.
    }

    @Override
    public void correct() {
        // The store has no separate counter.
    }
}
