package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.net.Host;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** Checks the callback URL of a caller before it is stored. */
final class CallbackUrl {

    private static final int MAX_LENGTH = 2_000;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    private final AllowedHosts allowed;
    private final AddressGuard guard;

    CallbackUrl(AllowedHosts allowed, AddressGuard guard) {
        this.allowed = allowed;
        this.guard = guard;
    }

    /**
     * Checks a callback URL.
     *
     * @return the URL
     * @throws ClaudeException {@code invalid_request_error}, which names the problem; 503 if the look-up of the host
     *     takes too long
     */
    URI check(String text) {
        URI url = parse(text);
        boolean isPlain = "http".equalsIgnoreCase(url.getScheme());
        Optional<Authority> authority = Authority.of(url);
        if (!isPlain && !"https".equalsIgnoreCase(url.getScheme())
                || authority.isEmpty()
                || authority.get().port() == 0) {
            throw invalid("Input should be an https URL with a host");
        }
        if (authority.get().user().isPresent() || url.getRawFragment() != null) {
            throw invalid("the URL must not contain a user or a fragment");
        }
        if (url.getRawPath().startsWith("//")) {
            // Apache's client cannot send it.
            throw invalid("the path must not begin with two slashes");
        }
        Host host = authority.get().host();
        if (isPlain && !allowed.contain(host)) {
            throw invalid("callbacks need https, unless claude.webhooks.allowed-hosts contains the host");
        }
        requireReachable(host);
        return url;
    }

    /** Parses a URL, and encodes the letters that HTTP does not allow. */
    private static URI parse(String text) {
        // A lone surrogate can neither be stored nor sent, but URI accepts it.
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw invalid("Input should be a valid URL");
        }
        String ascii;
        try {
            ascii = Authority.inAscii(new URI(text)).toASCIIString();
        } catch (URISyntaxException e) {
            throw invalid("Input should be a valid URL").withCause(e);
        }
        if (ascii.length() > MAX_LENGTH) {
            throw invalid("URL should have at most " + MAX_LENGTH + " characters");
        }
        return URI.create(ascii);
    }

    private void requireReachable(Host host) {
        try {
            guard.isKnown(host.name());
        } catch (TimedLookup.NotAnswered e) {
            throw ClaudeException.of(503, ErrorType.API, "callback_url: " + AddressGuard.NOT_ANSWERED)
                    .withRetryAfter(RETRY_AFTER)
                    .withCause(e);
        } catch (UnknownHostException e) {
            throw invalid(AddressGuard.UNREACHABLE).withCause(e);
        }
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, "callback_url: " + message);
    }
}
