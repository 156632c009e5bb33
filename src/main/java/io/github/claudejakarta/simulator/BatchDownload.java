package io.github.claudejakarta.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/** Sends the results of a batch, and simulates faults of the download. Each line is generated when it is sent. */
final class BatchDownload {

    /** Lines are collected up to this number of bytes for one write. */
    private static final int WRITE_SIZE = 32 << 10;

    private final Batch batch;
    private final Optional<Integer> cut;
    private final Optional<Integer> stall;
    private final boolean hasOpenEnd;
    private final ByteArrayOutputStream queue = new ByteArrayOutputStream();

    BatchDownload(Batch batch) {
        this.batch = batch;
        cut = batch.script().cutLine();
        stall = batch.script().stallLine();
        hasOpenEnd = batch.script().hasOpenEnd();
    }

    void send(HttpResponse response) throws IOException {
        response.begin(200, "application/x-jsonl");
        var order = new Order(batch.size());
        for (var position = 0; position < batch.size(); position++) {
            var lineEnd = hasOpenEnd && position == batch.size() - 1 ? "" : "\n";
            var line = JsonText.bytes(batch.line(order.requestAt(position)) + lineEnd);
            if (isAt(position, cut) || isAt(position, stall)) {
                queue.write(line, 0, line.length / 2);
                flush(response);
                failAt(position, response);
                return;
            }
            queue.writeBytes(line);
            if (queue.size() >= WRITE_SIZE) {
                flush(response);
            }
        }
        flush(response);
        response.end();
    }

    private static boolean isAt(int position, Optional<Integer> fault) {
        return fault.filter(at -> at == position).isPresent();
    }

    private void failAt(int position, HttpResponse response) throws IOException {
        if (isAt(position, stall)) {
            response.stall();
        }
        response.cut(batch.script().cutsByReset());
    }

    private void flush(HttpResponse response) throws IOException {
        if (queue.size() > 0) {
            response.write(queue.toByteArray(), 0, queue.size());
            queue.reset();
        }
    }

    /**
     * An order of the results that differs from the order of the requests, and needs no list. It begins with the last
     * request, and advances by a step that has no common divisor with the size.
     */
    private record Order(int size, int step) {

        Order(int size) {
            this(size, step(size));
        }

        private static int step(int size) {
            var step = Math.max(1, (int) (size * 0.618));
            while (gcd(step, size) > 1) {
                step++;
            }
            return step;
        }

        private static int gcd(int one, int other) {
            return other == 0 ? one : gcd(other, one % other);
        }

        int requestAt(int position) {
            return size - 1 - (int) ((long) position * step % size);
        }
    }
}
