package io.github.claudejakarta.app;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.observe.RequestRecord;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Clients;
import io.github.claudejakarta.web.Origins;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.ext.Provider;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.security.Principal;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Who may call {@code /v1}: whom the server itself has authenticated, by a MicroProfile JWT where {@code mpJwt} is configured; where clients
 * are configured, whoever has the key of one; otherwise this machine alone, and not a page in its browser either, which would come with
 * a foreign {@code Origin}, or with a foreign {@code Host} that was pointed at us.
 */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION)
public class CallerFilter implements ContainerRequestFilter {

    private static final String BEARER = "Bearer ";
    private static final Pattern TOKEN = Pattern.compile("[\\w-]+[.][\\w-]+[.][\\w-]*");

    @Inject
    private Clients clients;
    @Inject
    private Origins origins;
    /** Of the tokens that the server verifies, where it does. */
    @Inject
    @ConfigProperty(name = "mp.jwt.verify.issuer")
    private Optional<String> issuer;
    @Context
    private HttpServletRequest connection;

    @Override
    public void filter(ContainerRequestContext request) {
        Caller caller = authenticated(request)
            .orElseGet(() -> clients.areConfigured() ? byKey(request) : local(request));
        RequestRecord.isOf(caller.name());
        request.setSecurityContext(new CallerSecurity(caller, request.getSecurityContext()));
    }

    /** Its token is for this server and goes no further. */
    private Optional<Caller> authenticated(ContainerRequestContext request) {
        Principal principal = connection.getUserPrincipal();
        if (principal == null) {
            return Optional.empty();
        }
        String name = principal.getName();
        if (name.equals(Caller.LOCAL.name())) {
            throw refused("Nobody may be called " + name + ": this name is that of the server's own streams");
        }
        if (!Caller.mayBeCalled(name)) {
            throw refused("The name in the token must have 1 to " + Caller.LONGEST_NAME + " characters, none of them a control character");
        }
        request.getHeaders().remove(HttpHeaders.AUTHORIZATION);
        return Optional.of(new Caller(name, connection.isUserInRole("admin")));
    }

    private Caller byKey(ContainerRequestContext request) {
        return key(request).flatMap(clients::callerWith)
            .orElseThrow(() -> ClaudeException.of(ErrorType.AUTHENTICATION, key(request).isPresent()
                ? "invalid x-api-key"
                : "x-api-key header is required"));
    }

    private static Optional<String> key(ContainerRequestContext request) {
        String authorization = request.getHeaderString("authorization");
        return Optional.ofNullable(request.getHeaderString("x-api-key"))
            .or(() -> Optional.ofNullable(authorization)
                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(value -> value.substring(BEARER.length()).strip()));
    }

    private Caller local(ContainerRequestContext request) {
        if (issuer.isPresent() && key(request).filter(TOKEN.asMatchPredicate()).isPresent()) {
            // Else it would go to Claude, as the key of a caller.
            throw ClaudeException.of(ErrorType.AUTHENTICATION, "The token is not valid here, or has expired");
        }
        if (!isLoopback(connection.getRemoteAddr())) {
            throw refused("No clients are configured (claude.clients), so only this machine is served");
        }
        String host = request.getHeaderString("host");
        if (host != null && !isOurs("http://" + host.strip())) {
            throw refused("The Host " + host + " is not this machine's own name");
        }
        String origin = request.getHeaderString("origin");
        if (origin != null && !origins.allow(origin) && !origin.strip().equalsIgnoreCase("http://" + host)
            && !origin.strip().equalsIgnoreCase("https://" + host)) {
            throw refused("The Origin " + origin + " may not use this server");
        }
        return Caller.LOCAL;
    }

    private static boolean isOurs(String url) {
        String host = host(url).toLowerCase(Locale.ROOT);
        return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
    }

    private static String host(String url) {
        try {
            var uri = new URI(url);
            return uri.getHost() == null || uri.getUserInfo() != null ? "" : uri.getHost();
        } catch (URISyntaxException e) {
            return "";
        }
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

    private record CallerSecurity(Caller caller, SecurityContext server) implements SecurityContext {

        @Override
        public Principal getUserPrincipal() {
            return caller;
        }

        @Override
        public boolean isUserInRole(String role) {
            return role.equals("client") || role.equals("admin") && caller.isAdmin();
        }

        @Override
        public boolean isSecure() {
            return server.isSecure();
        }

        @Override
        public String getAuthenticationScheme() {
            return "claude-key";
        }
    }
}
