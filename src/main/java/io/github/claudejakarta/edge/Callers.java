package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.Credential;
import io.github.claudejakarta.net.Authority;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.Origin;
import io.github.claudejakarta.web.Origins;
import io.github.claudejakarta.web.PublicUrl;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Authenticates the callers of {@code /v1}.
 *
 * <p>A caller that the server itself has authenticated is accepted: by a MicroProfile JWT, where {@code mpJwt} is
 * configured. Otherwise, where clients are configured, a request needs the key of a client. Without clients, only this
 * machine is served. A page in its browser is rejected: its request has a foreign {@code Origin}, or a foreign
 * {@code Host} whose name resolves to this machine.
 */
@ApplicationScoped
class Callers {

    private static final Set<String> LOCAL_HOSTS = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern TOKEN = Pattern.compile("[\\w-]+[.][\\w-]+[.][\\w-]*");

    private Clients clients;
    private Origins origins;
    private PublicUrl publicUrl;
    private Optional<String> issuer;

    /** For the container's proxy. */
    protected Callers() {}

    /**
     * Creates the bean.
     *
     * @param issuer the issuer of the tokens that the server verifies, if it verifies any
     */
    @Inject
    Callers(
            Clients clients,
            Origins origins,
            PublicUrl publicUrl,
            @ConfigProperty(name = "mp.jwt.verify.issuer") Optional<String> issuer) {
        this.clients = clients;
        this.origins = origins;
        this.publicUrl = publicUrl;
        this.issuer = issuer;
    }

    /**
     * Returns the caller of a request.
     *
     * @param header returns a header by its name in lower case, several values joined with commas, or null
     * @throws ClaudeException {@code authentication_error} or {@code permission_error}
     */
    Caller caller(HttpServletRequest connection, UnaryOperator<String> header) {
        return authenticated(connection)
                .orElseGet(() -> clients.areConfigured() ? byKey(header) : local(connection, header));
    }

    /**
     * Returns the caller that the server has authenticated. Its token is for this server, and is not sent to Claude.
     */
    Optional<Caller> authenticated(HttpServletRequest connection) {
        Principal principal = connection.getUserPrincipal();
        if (principal == null) {
            return Optional.empty();
        }
        String name = principal.getName();
        if (name.equals(Caller.LOCAL.name())) {
            throw refused("The name \"" + name
                    + "\" in the token is reserved for the server's own streams. Use another name.");
        }
        if (!Caller.isValidName(name)) {
            throw refused("The name in the token must have 1 to " + Caller.MAX_NAME_LENGTH
                    + " characters, none of them a control character");
        }
        return Optional.of(new Caller(name, connection.isUserInRole("admin")));
    }

    private Caller byKey(UnaryOperator<String> header) {
        List<Credential> credentials = credentials(header);
        return credentials.stream()
                .map(Credential::key)
                .map(clients::callerWith)
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.AUTHENTICATION,
                        credentials.isEmpty() ? "x-api-key header is required" : "invalid x-api-key"));
    }

    private static List<Credential> credentials(UnaryOperator<String> header) {
        return Credential.of(header.apply(Credential.API_KEY), header.apply(Credential.AUTHORIZATION));
    }

    private Caller local(HttpServletRequest connection, UnaryOperator<String> header) {
        if (issuer.isPresent()
                && credentials(header).stream().limit(1).map(Credential::key).anyMatch(TOKEN.asMatchPredicate())) {
            // Without this check the token would be sent to Claude, as the caller's key.
            throw ClaudeException.of(
                    ErrorType.AUTHENTICATION,
                    "The token is not valid for this server, or has expired. Request a new token.");
        }
        if (!isLoopback(connection.getRemoteAddr())) {
            throw refused(
                    "No clients are configured (claude.clients): only this machine is served. Configure a client for each other caller.");
        }
        String host = header.apply("host");
        if (host != null && !isLocalHost(host.strip())) {
            throw refused(
                    "The Host " + host
                            + " is not this machine: only localhost, 127.0.0.1 and [::1] are served without clients (claude.clients).");
        }
        requireOwnOrigin(header);
        return Caller.LOCAL;
    }

    /**
     * Rejects requests of pages from other servers. Pages of this server and of allowed origins pass, and so do
     * requests without an {@code Origin}, which no browser sends for a page.
     *
     * @throws ClaudeException {@code permission_error}
     */
    void requireOwnOrigin(UnaryOperator<String> header) {
        String origin = header.apply("origin");
        if (origin != null && !origins.allow(origin) && !isOwn(origin, header.apply("host"))) {
            throw refused("The Origin " + origin
                    + " may not use this server. Set claude.public-url to the URL of this server that"
                    + " browsers open, or add the origin to claude.cors.allowed-origins.");
        }
    }

    /** Behind a proxy the Host header may lack the port that the browser uses; claude.public-url has it. */
    private boolean isOwn(String text, String host) {
        return Origin.of(text)
                .filter(origin -> publicUrl.origin().filter(origin::equals).isPresent()
                        // The scheme of the origin, because TLS may end at a proxy.
                        || host != null
                                && Origin.of(origin.scheme() + "://" + host)
                                        .filter(origin::equals)
                                        .isPresent())
                .isPresent();
    }

    private static boolean isLocalHost(String hostAndPort) {
        return Authority.of(hostAndPort)
                .filter(authority -> authority.user().isEmpty())
                .map(authority -> authority.host().name())
                .filter(LOCAL_HOSTS::contains)
                .isPresent();
    }

    private static boolean isLoopback(String address) {
        try {
            return InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static ClaudeException refused(String why) {
        return ClaudeException.of(ErrorType.PERMISSION, why);
    }
}
