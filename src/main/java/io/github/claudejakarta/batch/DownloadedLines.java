package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.web.BodyReservation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.logging.Logger;

/**
 * The results of one part, downloaded from Claude. A download that breaks off starts again from the beginning, because
 * Claude cannot resume one (wire.md 4.6). Results that were already returned are skipped by their {@code custom_id},
 * because their order may differ.
 */
final class DownloadedLines implements ResultLines {

    private static final Logger LOG = Logger.getLogger(DownloadedLines.class.getName());
    private static final int ATTEMPTS_WITHOUT_PROGRESS = 5;
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);

    private final Supplier<InputStream> download;
    private final long requests;
    private final IdSet superseded;
    private final BodyReservation room;
    private final Duration firstWait;
    private final IdSet seen = new IdSet();
    private InputStream in;
    private LineReader lines;
    private int failures;

    /**
     * @param download starts a download; throws {@link ClaudeException}
     * @param requests number of results of a complete download
     * @param superseded ids of results that are skipped, because another part has later ones
     */
    DownloadedLines(Supplier<InputStream> download, long requests, IdSet superseded, MemoryBudget memory) {
        this(download, requests, superseded, memory, FIRST_WAIT);
    }

    /** @param firstWait the wait before the first retry; each later wait is twice as long */
    DownloadedLines(
            Supplier<InputStream> download, long requests, IdSet superseded, MemoryBudget memory, Duration firstWait) {
        this.download = download;
        this.requests = requests;
        this.superseded = superseded;
        this.room = new BodyReservation(memory);
        this.firstWait = firstWait;
    }

    @Override
    public void open() {
        in = download.get();
        lines = new LineReader(in, PartTally.MAX_LINE_BYTES, room::exactly);
    }

    @Override
    public boolean next() throws IOException {
        while (true) {
            try {
                if (lines == null) {
                    open();
                }
                return nextUnseen();
            } catch (ResultLine.ErrorLine e) {
                if (!e.error().isRetryable()) {
                    throw new Broken(e.error());
                }
                retry(e);
            } catch (IOException e) {
                retry(e);
            } catch (ClaudeException e) {
                if (!e.isRetryable()) {
                    throw new Broken(e);
                }
                retry(new IOException(e.getMessage(), e));
            }
        }
    }

    private boolean nextUnseen() throws IOException {
        while (lines.next()) {
            if (lines.isBlank()) {
                continue;
            }
            String id = ResultLine.readCustomId(lines);
            if (seen.add(id)) {
                failures = 0;
                if (!superseded.contains(id)) {
                    return true;
                }
            }
        }
        if (seen.size() < requests) {
            throw new IOException("The download ended after " + seen.size() + " of " + requests + " results");
        }
        return false;
    }

    private void retry(IOException failure) throws IOException {
        close();
        lines = null;
        if (++failures > ATTEMPTS_WITHOUT_PROGRESS) {
            throw new Broken(failure);
        }
        LOG.info(() ->
                "A download of batch results starts again after " + seen.size() + " results: " + failure.getMessage());
        try {
            Thread.sleep(firstWait.toMillis() << (failures - 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            e.addSuppressed(failure);
            throw new Broken(new IOException(failure.getMessage(), e));
        }
    }

    @Override
    public byte[] buffer() {
        return lines.buffer();
    }

    @Override
    public int start() {
        return lines.start();
    }

    @Override
    public int length() {
        return lines.length();
    }

    @Override
    public void close() throws IOException {
        InputStream open = in;
        in = null;
        try {
            if (open != null) {
                open.close();
            }
        } finally {
            room.atMost(0);
        }
    }
}
