package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.MemoryBudget;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadedLinesTest {

    private static final IdSet NONE = new IdSet();

    @SuppressWarnings("UnusedVariable") // found by name, as is the next
    private static final List<ErrorType> PASSING =
            List.of(ErrorType.RATE_LIMIT, ErrorType.API, ErrorType.TIMEOUT, ErrorType.OVERLOADED);

    @SuppressWarnings("UnusedVariable")
    private static final List<ErrorType> LASTING =
            List.of(ErrorType.NOT_FOUND, ErrorType.AUTHENTICATION, ErrorType.PERMISSION, ErrorType.INVALID_REQUEST);

    private final Downloads downloads = new Downloads();

    @Test
    void areComplete() throws Exception {
        downloads.add(whole("a", "b", "c"));

        assertThat(ids(lines(3))).containsExactly("a", "b", "c");
        assertThat(downloads.started).isEqualTo(1);
    }

    @Test
    void areUnchangedWithoutTheirLineEnds() throws Exception {
        downloads.add(in("{\"custom_id\" : \"a\", \"result\":{\"type\":\"expired\",\"ä\":1e2}}\r\n"));
        var lines = lines(1);

        lines.next();

        assertThat(text(lines)).isEqualTo("{\"custom_id\" : \"a\", \"result\":{\"type\":\"expired\",\"ä\":1e2}}");
    }

    @Test
    void thatAreBlankAreSkipped() throws Exception {
        downloads.add(in("\n" + line("a") + "\n\r\n" + line("b") + "\n\n"));

        assertThat(ids(lines(2))).containsExactly("a", "b");
    }

    @Test
    void thatAreSupersededAreSkipped() throws Exception {
        downloads.add(whole("a", "b", "c", "d"));

        assertThat(ids(lines(4, IdSet.of(List.of("a", "c", "d"))))).containsExactly("b");
        assertThat(downloads.started).isEqualTo(1);
    }

    @Test
    void thatAreSupersededAreStillSkippedAfterABreak() throws Exception {
        downloads.add(breaksAfter("b", "a"), whole("a", "b", "c"));

        assertThat(ids(lines(3, IdSet.of(List.of("a"))))).containsExactly("b", "c");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void continueWhereTheyBrokeOff(int count) throws Exception {
        downloads.add(
                breaksAfter(List.of("a", "b", "c", "d").subList(0, count).toArray(String[]::new)),
                whole("a", "b", "c", "d"));

        assertThat(ids(lines(4))).containsExactly("a", "b", "c", "d");
        assertThat(downloads.started).isEqualTo(2);
    }

    @Test
    void mayComeInAnotherOrderAfterABreak() throws Exception {
        downloads.add(breaksAfter("a", "b"), breaksAfter("d", "a"), whole("c", "b", "d", "a"));

        assertThat(ids(lines(4))).containsExactly("a", "b", "d", "c");
    }

    @Test
    void areNeverRepeatedAfterManyInterruptions() throws Exception {
        var all = IntStream.range(0, 40).mapToObj(i -> "id" + i).toArray(String[]::new);
        for (int count = 1; count < all.length; count++) {
            downloads.add(breaksAfter(Arrays.copyOf(all, count)));
        }
        downloads.add(whole(all));

        assertThat(ids(lines(40))).containsExactly(all);
    }

    @Test
    void thatAreIncompleteAreReadAgain() throws Exception {
        downloads.add(in(line("a") + "\n" + line("b").substring(0, 20)), whole("a", "b"));

        assertThat(ids(lines(2))).containsExactly("a", "b");
    }

    /** The last line need not have a line end, and a line that was cut is not a complete object. */
    @Test
    void mayLackTheirLastEnd() throws Exception {
        downloads.add(in(line("a") + "\n" + line("b")));

        assertThat(ids(lines(2))).containsExactly("a", "b");
        assertThat(downloads.started).isEqualTo(1);
    }

    @Test
    void whoseLastLineIsCutAreReadAgain() throws Exception {
        for (int at = 1; at < line("b").length(); at++) {
            downloads.add(in(line("a") + "\n" + line("b").substring(0, at)), whole("a", "b"));

            assertThat(ids(lines(2))).as("cut at " + at).containsExactly("a", "b");
            assertThat(downloads.started).isEqualTo(2 * at);
        }
    }

    @Test
    void thatEndTooEarlyAndLackTheirLastEndAreReadAgain() throws Exception {
        downloads.add(in(line("a")), whole("b", "a"));

        assertThat(ids(lines(2))).containsExactly("a", "b");
        assertThat(downloads.started).isEqualTo(2);
    }

    @Test
    void thatEndTooEarlyAreReadAgain() throws Exception {
        downloads.add(whole("a"), whole("a", "b", "c"));

        assertThat(ids(lines(3))).containsExactly("a", "b", "c");
    }

    @Test
    void thatCannotBeReadAreReadAgain() throws Exception {
        downloads.add(in(line("a") + "\n<html>\n"), whole("a", "b"));

        assertThat(ids(lines(2))).containsExactly("a", "b");
    }

    @ParameterizedTest
    @FieldSource("PASSING")
    void areRequestedAgainAfterATemporaryError(ErrorType type) throws Exception {
        downloads.add(breaksAfter("a")).add(ClaudeException.of(type, "later")).add(whole("a", "b"));

        assertThat(ids(lines(2))).containsExactly("a", "b");
    }

    @ParameterizedTest
    @FieldSource("LASTING")
    void areNotRequestedAgainAfterAFinalError(ErrorType type) throws Exception {
        downloads.add(breaksAfter("a")).add(ClaudeException.of(type, "never"));
        var lines = lines(2);

        assertThat(lines.next()).isTrue();
        assertThatThrownBy(lines::next)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("never")
                .hasCauseInstanceOf(ClaudeException.class);
        assertThat(downloads.started).isEqualTo(2);
    }

    @Test
    void areAbandonedAfterFiveAttemptsWithoutProgress() throws Exception {
        downloads
                .add(breaksAfter("a"), breaksAfter("a"), breaksAfter(), whole("a"), breaksAfter("a"))
                .add(ClaudeException.of(ErrorType.OVERLOADED, "busy"))
                .add(whole("a", "b"));
        var lines = lines(2);

        assertThat(lines.next()).isTrue();
        assertThatThrownBy(lines::next).isInstanceOf(IOException.class).hasMessageContaining("busy");
        assertThat(downloads.started).isEqualTo(6);
    }

    @Test
    void areNotAbandonedWhileThereIsProgress() throws Exception {
        for (String id : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
            downloads.add(breaksAfter(), breaksAfter(id), breaksAfter());
        }
        downloads.add(whole("a", "b", "c", "d", "e", "f", "g", "h", "i"));

        assertThat(ids(lines(9))).hasSize(9).doesNotHaveDuplicates();
    }

    @Test
    void skippedLinesAreProgressToo() throws Exception {
        for (String id : List.of("a", "b", "c", "d", "e", "f", "g", "h")) {
            downloads.add(breaksAfter(id));
        }
        downloads.add(whole("i"));

        assertThat(ids(lines(9, IdSet.of(List.of("a", "b", "c", "d", "e", "f", "g", "h")))))
                .containsExactly("i");
    }

    @Test
    void thatClaudeRejectsAreRejectedBeforeTheResponseBegins() {
        downloads.add(ClaudeException.of(ErrorType.NOT_FOUND, "gone"));

        assertThat(catchThrowableOfType(ClaudeException.class, () -> lines(1).open())
                        .status())
                .isEqualTo(404);
    }

    @Test
    void aTemporaryErrorOfTheFirstDownloadIsRetried() throws Exception {
        downloads.add(ClaudeException.of(ErrorType.OVERLOADED, "later")).add(whole("a"));

        assertThat(ids(lines(1))).containsExactly("a");
    }

    @Test
    void thatWereOpenedAreNotRequestedTwice() throws Exception {
        downloads.add(whole("a"));

        var lines = lines(1);
        lines.open();

        assertThat(ids(lines)).containsExactly("a");
        assertThat(downloads.started).isEqualTo(1);
    }

    @Test
    void everyDownloadIsClosed() throws Exception {
        downloads.add(breaksAfter("a"), whole("a"), whole("a", "b", "c"));
        var lines = lines(3);

        lines.next();
        lines.next();
        assertThat(downloads.closed).isEqualTo(2);
        lines.close();
        lines.close();

        assertThat(downloads.closed).isEqualTo(3);
    }

    @Test
    void anInterruptedThreadDoesNotWait() {
        downloads.add(breaksAfter());
        var lines = new DownloadedLines(downloads, 1, NONE, MemoryBudget.unlimited(), Duration.ofDays(1));

        Thread.currentThread().interrupt();

        assertThatThrownBy(lines::next).isInstanceOf(IOException.class).hasMessage("broke off");
        assertThat(Thread.interrupted()).isTrue();
    }

    private DownloadedLines lines(int requests) {
        return lines(requests, NONE);
    }

    private DownloadedLines lines(int requests, IdSet superseded) {
        return new DownloadedLines(downloads, requests, superseded, MemoryBudget.unlimited(), Duration.ZERO);
    }

    private static List<String> ids(ResultLines lines) throws IOException {
        var ids = new ArrayList<String>();
        while (lines.next()) {
            ids.add(ResultLine.parse(lines.buffer(), lines.start(), lines.length())
                    .customId());
        }
        return ids;
    }

    private static String text(ResultLines lines) {
        return new String(lines.buffer(), lines.start(), lines.length(), StandardCharsets.UTF_8);
    }

    /** Claude's answers, one after the other. */
    private static final class Downloads implements Supplier<InputStream> {

        private final Deque<Supplier<InputStream>> answers = new ArrayDeque<>();
        private int started;
        private int closed;

        Downloads add(InputStream... bodies) {
            for (InputStream body : bodies) {
                answers.add(() -> new SequenceInputStream(Collections.enumeration(List.of(body))) {
                    @Override
                    public void close() {
                        closed++;
                    }
                });
            }
            return this;
        }

        Downloads add(ClaudeException failure) {
            answers.add(() -> {
                throw failure;
            });
            return this;
        }

        @Override
        public InputStream get() {
            started++;
            return answers.remove().get();
        }
    }

    private static InputStream whole(String... ids) {
        return in(text(ids));
    }

    private static InputStream breaksAfter(String... ids) {
        return new SequenceInputStream(in(text(ids)), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("broke off");
            }
        });
    }

    private static String text(String... ids) {
        var text = new StringBuilder();
        for (String id : ids) {
            text.append(line(id)).append('\n');
        }
        return text.toString();
    }

    private static String line(String id) {
        return "{\"custom_id\":\"" + id + "\",\"result\":{\"type\":\"expired\"}}";
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
