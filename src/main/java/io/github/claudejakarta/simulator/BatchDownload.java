package io.github.claudejakarta.simulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/** The results of a batch as lines, each made when it is its turn, and what goes wrong on the way. */
final class BatchDownload {

    /** Lines are gathered up to so many bytes for one write. */
    private static final int WRITE = 32 << 10;

    private final Batch batch;
    private final Optional<Integer> cut;
    private final Optional<Integer> stall;
    private final boolean hasOpenEnd;
    private final ByteArrayOutputStream queue = new ByteArrayOutputStream();

    BatchDownload(Batch batch) {
        this.batch = batch;
        cut = batch.script().cut();
        stall = batch.script().stall();
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
                breakOff(position, response);
                return;
            }
            queue.writeBytes(line);
            if (queue.size() >= WRITE) {
                flush(response);
            }
        }
        flush(response);
        response.end();
    }

    private static boolean isAt(int position, Optional<Integer> fault) {
        return fault.filter(at -> at == position).isPresent();
    }

    private void breakOff(int position, HttpResponse response) throws IOException {
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
     * Another order than that of the requests, without a list of it: from the last one on by steps that have no common
     * divisor with the size.
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
