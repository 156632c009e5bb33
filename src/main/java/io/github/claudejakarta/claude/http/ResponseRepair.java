package io.github.claudejakarta.claude.http;

import jakarta.ws.rs.client.ClientRequestContext;
import jakarta.ws.rs.client.ClientResponseContext;
import jakarta.ws.rs.client.ClientResponseFilter;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prepares a response before it is read. Afterwards it has one valid {@code Content-Type} or none: JAX-RS fails to read a response whose header is
 * doubled or malformed.
 */
final class ResponseRepair implements ClientResponseFilter {

    private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
    /** A media type; a second one may follow it. */
    private static final Pattern MEDIA_TYPE =
        Pattern.compile("\\s*(" + TOKEN + "/" + TOKEN + "(?:\\s*;\\s*" + TOKEN + "=(?:" + TOKEN + "|\"[^\"\\\\]*\"))*)\\s*;?\\s*(?:,.*)?");

    @Override
    public void filter(ClientRequestContext request, ClientResponseContext response) {
        MultivaluedMap<String, String> headers = response.getHeaders();
        Optional<String> type = mediaType(headers.get(HttpHeaders.CONTENT_TYPE));
        headers.remove(HttpHeaders.CONTENT_TYPE);
        type.ifPresent(usable -> headers.putSingle(HttpHeaders.CONTENT_TYPE, usable));
    }

    /** The first media type in these header lines, as it came; empty where there is none. */
    static Optional<String> mediaType(List<String> lines) {
        return lines == null ? Optional.empty()
            : lines.stream().map(MEDIA_TYPE::matcher).filter(Matcher::matches).map(match -> match.group(1)).findFirst();
    }
}
