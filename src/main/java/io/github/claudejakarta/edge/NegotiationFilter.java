package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.ext.Provider;
import java.nio.charset.Charset;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rejects a malformed {@code Content-Type} or {@code Accept} before the server fails on it, and corrects common
 * deviations.
 */
@Provider
@PreMatching
public class NegotiationFilter implements ContainerRequestFilter {

    private static final String IDENTITY = "identity";
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final Pattern RANGE = Pattern.compile("(?<type>" + TOKEN + "/" + TOKEN + "|[*])\\s*(;.*)?");
    private static final Pattern WEIGHT = Pattern.compile(";\\s*[qQ]=(?<quality>[^;\\s]*)");
    private static final Pattern QUALITY = Pattern.compile("0(\\.[0-9]*)?|\\.[0-9]+|1(\\.0*)?");

    @Override
    public void filter(ContainerRequestContext request) {
        requireNoEncoding(request);
        String contentType = request.getHeaderString(HttpHeaders.CONTENT_TYPE);
        if (contentType != null && !isMediaType(contentType)) {
            throw ClaudeException.of(415, ErrorType.INVALID_REQUEST, ErrorMapper.CONTENT_TYPES);
        }
        List<String> accepts = request.getHeaders().get(HttpHeaders.ACCEPT);
        if (accepts != null && accepts.stream().anyMatch(accept -> !accept.isBlank())) {
            request.getHeaders().put(HttpHeaders.ACCEPT, List.of(ranges(String.join(",", accepts))));
        }
    }

    /**
     * Rejects compressed bodies. The server would decompress a body before its length can be limited, and does not
     * report whether the body is complete.
     */
    private static void requireNoEncoding(ContainerRequestContext request) {
        String encoding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.isBlank() && !encoding.strip().equalsIgnoreCase(IDENTITY)) {
            throw ClaudeException.of(
                    415,
                    ErrorType.INVALID_REQUEST,
                    "Content-Encoding: " + encoding.strip() + " is not accepted. Send the body uncompressed.");
        }
    }

    /**
     * Returns the media types in the form of the standard. {@link java.net.HttpURLConnection} sends {@code *; q=.2} by
     * default, which is not in this form.
     */
    private static String ranges(String accept) {
        return Stream.of(accept.split(","))
                .map(String::strip)
                .filter(element -> !element.isEmpty())
                .map(NegotiationFilter::range)
                .collect(Collectors.joining(","));
    }

    /** Returns a media type without its parameters. They select nothing here, and JAX-RS rejects some of them. */
    private static String range(String element) {
        Matcher range = RANGE.matcher(element);
        if (range.matches()) {
            String type = range.group("type").equals("*") ? "*/*" : range.group("type");
            Matcher weight = WEIGHT.matcher(element);
            if (!weight.find()) {
                return type;
            }
            if (QUALITY.matcher(weight.group("quality")).matches()) {
                return type + ";q=" + weight.group("quality");
            }
        }
        throw ClaudeException.of(
                ErrorType.INVALID_REQUEST, "Accept: Input should be media types, for example application/json");
    }

    private static boolean isMediaType(String text) {
        try {
            MediaType type = MediaType.valueOf(text);
            String charset = type.getParameters().get(MediaType.CHARSET_PARAMETER);
            return charset == null || Charset.isSupported(charset);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
