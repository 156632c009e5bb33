package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import jakarta.servlet.ServletRequest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * What the body of one request has of the {@link MemoryBudget}. It is taken at once where the request says how long it is, and otherwise as it
 * comes; and given back with the end of the request, unless whoever keeps the body for longer has taken it over.
 *
 * <p>Safe for use by many threads.
 */
public final class BodyRoom {

    private static final String ATTRIBUTE = BodyRoom.class.getName();

    private final MemoryBudget budget;
    private long taken;
    private boolean isGivenBack;
    private boolean isTakenOver;

    public BodyRoom(MemoryBudget budget) {
        this.budget = budget;
    }

    /** That of this request; one of its own, which nothing is in, where it has none. */
    public static BodyRoom of(ServletRequest request) {
        return request.getAttribute(ATTRIBUTE) instanceof BodyRoom room ? room : new BodyRoom(new MemoryBudget(Long.MAX_VALUE));
    }

    /** Lets whoever has the request find it. */
    public void isOf(ServletRequest request) {
        request.setAttribute(ATTRIBUTE, this);
    }

    /**
     * Takes what is missing. After it was given back nothing is taken any more.
     *
     * @param bytes that the body has, or is going to have
     * @throws ClaudeException {@code overloaded_error} where others have it
     */
    public synchronized void atLeast(long bytes) {
        long more = budget.share(bytes) - taken;
        if (more > 0 && !isGivenBack) {
            budget.take(more, bytes);
            taken += more;
        }
    }

    /** The body, for which room is taken as it is read. */
    public InputStream growing(InputStream body) {
        return new Growing(body);
    }

    /** The body is no longer in memory, or soon will not be. May be called again. */
    public synchronized void giveBack() {
        budget.give(taken);
        taken = 0;
        isGivenBack = true;
    }

    /** From now on the end of the request does not give it back: {@link #giveBack} is to be called by whoever keeps the body. */
    public synchronized BodyRoom takeOver() {
        isTakenOver = true;
        return this;
    }

    public synchronized void endWithRequest() {
        if (!isTakenOver) {
            giveBack();
        }
    }

    private final class Growing extends FilterInputStream {

        private long read;

        Growing(InputStream body) {
            super(body);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int count = in.read(buffer, offset, length);
            read += Math.max(0, count);
            atLeast(read);
            return count;
        }
    }
}
