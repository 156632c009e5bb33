package io.github.claudejakarta.net;

import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.impl.io.LenientHttpResponseParser;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.HttpTransportMetrics;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.util.CharArrayBuffer;

/**
 * Limits of the parts of a response outside its body: status lines, header fields, chunk headers and trailers.
 * HttpClient has no limits by default, and a line without an end would fill the heap.
 *
 * <p>HttpClient limits each line and the number of fields. This buffer limits the total length of the lines of one
 * head.
 */
final class HeadLimits implements SessionInputBuffer {

    private static final int MAX_LINE_CHARS = 16 << 10;
    private static final int MAX_FIELDS = 200;
    private static final int MAX_HEAD_CHARS = 64 << 10;

    /**
     * An idle connection has three buffers of this size. HttpClient rejects the field that reaches its limit, hence the
     * + 1.
     */
    static final Http1Config CONFIG = Http1Config.custom()
            .setBufferSize(4 << 10)
            .setMaxLineLength(MAX_LINE_CHARS)
            .setMaxHeaderCount(MAX_FIELDS + 1)
            .build();

    private final SessionInputBuffer received;
    private int headChars;

    HeadLimits(SessionInputBuffer received) {
        this.received = received;
    }

    /**
     * Returns a parser of response heads with these limits.
     *
     * @param ignored HttpClient passes null here, which would mean its own limits
     */
    static HttpMessageParser<ClassicHttpResponse> parser(Http1Config ignored) {
        return new LenientHttpResponseParser(CONFIG) {
            @Override
            public ClassicHttpResponse parse(SessionInputBuffer received, InputStream in)
                    throws IOException, HttpException {
                return super.parse(new HeadLimits(received), in);
            }
        };
    }

    @Override
    public int readLine(CharArrayBuffer line, InputStream in) throws IOException {
        int before = line.length();
        int count = received.readLine(line, in);
        headChars += line.length() - before;
        if (headChars > MAX_HEAD_CHARS) {
            throw new MessageConstraintException(
                    "The response head or trailer is longer than " + MAX_HEAD_CHARS + " characters");
        }
        return count;
    }

    /** Reads data between lines. A new chunk header or the trailer follows, so the count starts again. */
    @Override
    public int read(byte[] target, int from, int length, InputStream in) throws IOException {
        headChars = 0;
        return received.read(target, from, length, in);
    }

    @Override
    public int read(byte[] target, InputStream in) throws IOException {
        return read(target, 0, target.length, in);
    }

    @Override
    public int read(InputStream in) throws IOException {
        headChars = 0;
        return received.read(in);
    }

    @Override
    public int length() {
        return received.length();
    }

    @Override
    public int capacity() {
        return received.capacity();
    }

    @Override
    public int available() {
        return received.available();
    }

    @Override
    public HttpTransportMetrics getMetrics() {
        return received.getMetrics();
    }
}
