package io.github.claudejakarta.claude.http;

import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientResponseContext;
import jakarta.ws.rs.client.ClientResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Repairs a response before it is read. Afterwards the response has one valid {@code Content-Type} or none, because
 * JAX-RS cannot read a response with a duplicate or malformed one. The body is decoded while it is read; a read fails
 * if the content coding is not one of {@value #ACCEPTED}. The header {@code Content-Encoding} stays, so that readers
 * know that the body was encoded.
 */
final class ResponseRepair implements ClientResponseFilter {

    /** The supported codings, as a value of {@code Accept-Encoding}. */
    static final String ACCEPTED = "gzip, deflate";

    private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
    /** A media type; a second one may follow it. */
    private static final Pattern MEDIA_TYPE = Pattern.compile("\\s*(" + TOKEN + "/" + TOKEN + "(?:\\s*;\\s*" + TOKEN
            + "=(?:" + TOKEN + "|\"[^\"\\\\]*\"))*)\\s*;?\\s*(?:,.*)?");

    private static final int MAX_NAME_LENGTH = 100;

    @Override
    public void filter(ClientRequestContext request, ClientResponseContext response) {
        MultivaluedMap<String, String> headers = response.getHeaders();
        Optional<String> type = mediaType(headers.get(HttpHeaders.CONTENT_TYPE));
        headers.remove(HttpHeaders.CONTENT_TYPE);
        type.ifPresent(usable -> headers.putSingle(HttpHeaders.CONTENT_TYPE, usable));

        List<String> codings = codings(headers.get(HttpHeaders.CONTENT_ENCODING));
        boolean hasBody = response.getStatus() != 204 && !"0".equals(headers.getFirst(HttpHeaders.CONTENT_LENGTH));
        if (!codings.isEmpty() && hasBody) {
            response.setEntityStream(decoded(
                    response.getEntityStream(), codings, (ClaudeCall) request.getProperty(ConnectionPool.CALL)));
            headers.remove(HttpHeaders.CONTENT_LENGTH);
        }
    }

    /** Returns the first valid media type in these header lines, unchanged; empty if none is valid. */
    static Optional<String> mediaType(List<String> lines) {
        return lines == null
                ? Optional.empty()
                : lines.stream()
                        .map(MEDIA_TYPE::matcher)
                        .filter(Matcher::matches)
                        .map(match -> match.group(1))
                        .findFirst();
    }

    /**
     * Returns the content codings in the order in which they were applied, in lower case (RFC 9110, 8.4).
     * {@code x-gzip} is another name of {@code gzip}.
     */
    static List<String> codings(List<String> lines) {
        return Stream.ofNullable(lines)
                .flatMap(List::stream)
                .flatMap(line -> Stream.of(line.split(",")))
                .map(coding -> coding.strip().toLowerCase(Locale.ROOT))
                .filter(coding -> !coding.isEmpty() && !coding.equals("identity"))
                .map(coding -> coding.equals("x-gzip") ? "gzip" : coding)
                .toList();
    }

    private static InputStream decoded(InputStream body, List<String> codings, ClaudeCall call) {
        if (codings.equals(List.of("gzip")) || codings.equals(List.of("deflate"))) {
            // Each arrival restarts the timeout, even if the bytes do not produce any output yet.
            return new InflatedBody(body, codings.get(0), call.responseTimeout()::startWait);
        }
        String names = String.join(", ", codings).replaceAll("[^ -~]", "?");
        return new Undecodable(
                body,
                "Claude's answer has the content coding "
                        + (names.length() <= MAX_NAME_LENGTH ? names : names.substring(0, MAX_NAME_LENGTH) + "...")
                        + ", which this server cannot decode. It accepts " + ACCEPTED
                        + " or no coding. Check the gateways and proxies between this server and Claude (claude.base-url).");
    }

    /** A body in an unknown coding. Every read fails. */
    private static final class Undecodable extends FilterInputStream {

        private final String why;

        Undecodable(InputStream body, String why) {
            super(body);
            this.why = why;
        }

        @Override
        public int read() throws UndecodableBody {
            throw new UndecodableBody(why);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws UndecodableBody {
            throw new UndecodableBody(why);
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }
}
