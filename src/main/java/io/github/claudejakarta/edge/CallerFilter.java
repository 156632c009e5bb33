package io.github.claudejakarta.edge;

import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ServedRequest;
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
import java.security.Principal;

/** Authenticates the caller of {@code /v1}, and makes it available to resources. */
@Provider
@PreMatching
@Priority(Priorities.AUTHENTICATION)
public class CallerFilter implements ContainerRequestFilter {

    @Inject
    private Callers callers;

    @Context
    private HttpServletRequest connection;

    @Override
    public void filter(ContainerRequestContext request) {
        Caller caller = callers.caller(connection, request::getHeaderString);
        if (callers.authenticated(connection).isPresent()) {
            request.getHeaders().remove(HttpHeaders.AUTHORIZATION);
        }
        ServedRequest.of(connection).identify(caller);
        request.setSecurityContext(new CallerSecurity(caller, request.getSecurityContext()));
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
