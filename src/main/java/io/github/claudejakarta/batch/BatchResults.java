package io.github.claudejakarta.batch;

import de.siegmar.fastcsv.writer.CsvWriter;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Surrogates;
import java.io.BufferedOutputStream;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The results of a batch: the latest one of each request, from all parts and resubmissions. They are downloaded from
 * Claude while they are read, so that memory holds one line. Not safe for use by several threads. Close it.
 */
final class BatchResults implements Closeable {

    private static final int BUFFER = 64 << 10;

    private final Deque<ResultLines> rest;
    private ResultLines lines;

    /** @param parts opened one after the other, the first one immediately */
    BatchResults(List<ResultLines> parts) {
        rest = new ArrayDeque<>(parts);
        lines = rest.poll();
        if (lines != null) {
            lines.open();
        }
    }

    private boolean next() throws IOException {
        while (lines != null) {
            if (lines.next()) {
                return true;
            }
            lines.close();
            lines = rest.poll();
        }
        return false;
    }

    /** Writes all results as JSON Lines, in Anthropic's format. */
    void writeJsonLines(OutputStream out) throws IOException {
        var buffered = new BufferedOutputStream(out, BUFFER);
        while (next()) {
            buffered.write(lines.buffer(), lines.start(), lines.length());
            buffered.write('\n');
        }
        buffered.flush();
    }

    /** Writes all results as one JSON array, with one result at a time in memory. */
    void writeJson(OutputStream out) throws IOException {
        var buffered = new BufferedOutputStream(out, BUFFER);
        buffered.write('[');
        for (boolean isFirst = true; next(); isFirst = false) {
            if (!isFirst) {
                buffered.write(',');
            }
            buffered.write('\n');
            buffered.write(lines.buffer(), lines.start(), lines.length());
        }
        buffered.write('\n');
        buffered.write(']');
        buffered.flush();
    }

    /** Writes all results as CSV, for a spreadsheet. */
    void writeCsv(OutputStream out) throws IOException {
        var writer = new BufferedWriter(new OutputStreamWriter(out, Surrogates.encoder()), BUFFER);
        CsvWriter csv = CsvWriter.builder().build(writer);
        csv.writeRecord(
                "custom_id",
                "type",
                "text",
                "stop_reason",
                "input_tokens",
                "output_tokens",
                "error_type",
                "error_message");
        while (next()) {
            csv.writeRecord(row(result()));
        }
        csv.flush();
    }

    private static String[] row(BatchResult result) {
        if (result.outcome() instanceof BatchResult.Outcome.Succeeded succeeded) {
            var message = succeeded.message();
            return new String[] {
                result.customId(),
                result.type(),
                message.text(),
                message.stopReason().map(Object::toString).orElse(""),
                Long.toString(message.usage().inputTokens()),
                Long.toString(message.usage().outputTokens()),
                "",
                ""
            };
        }
        if (result.outcome() instanceof BatchResult.Outcome.Errored errored) {
            return new String[] {
                result.customId(),
                result.type(),
                "",
                "",
                "",
                "",
                errored.error().type().value(),
                errored.error().errorMessage()
            };
        }
        return new String[] {result.customId(), result.type(), "", "", "", "", "", ""};
    }

    private BatchResult result() throws IOException {
        try {
            return BatchResult.parse(new String(lines.buffer(), lines.start(), lines.length(), StandardCharsets.UTF_8))
                    .withErrorKind(lines.errorKind());
        } catch (IllegalArgumentException e) {
            throw new ResultLines.Broken(new IOException("A result cannot be read: " + e.getMessage(), e));
        }
    }

    /** Returns the results as a stream. Closing the stream closes this. */
    Stream<BatchResult> stream() {
        var results =
                new Spliterators.AbstractSpliterator<BatchResult>(
                        Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
                    @Override
                    public boolean tryAdvance(Consumer<? super BatchResult> action) {
                        try {
                            if (!next()) {
                                return false;
                            }
                            action.accept(result());
                            return true;
                        } catch (IOException e) {
                            throw failure(e);
                        }
                    }
                };
        return StreamSupport.stream(results, false).onClose(() -> {
            try {
                close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /**
     * Returns the error that ended the results early: Claude's own error, a time limit, an interrupt, or a broken
     * download.
     */
    private static ClaudeException failure(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ClaudeException known) {
                return known.withCause(e);
            }
            if (cause instanceof SocketTimeoutException) {
                return ClaudeException.of(ErrorType.TIMEOUT, e.getMessage()).withCause(e);
            }
            if (cause instanceof InterruptedException) {
                return ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, e.getMessage())
                        .withCause(e);
            }
        }
        return ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, e.getMessage())
                .withCause(e);
    }

    @Override
    public void close() throws IOException {
        if (lines != null) {
            lines.close();
            lines = null;
        }
        rest.clear();
    }
}
