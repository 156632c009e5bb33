package io.github.claudejakarta.observe;

import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.SocketObserver;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import org.eclipse.microprofile.config.Config;

/**
 * Begins the server's span of a WebSocket if telemetry is on, because the server creates no span for a request that a
 * filter answers. The span ends with the request, and is current while the socket is opened.
 */
@ApplicationScoped
public class SocketTelemetry implements SocketObserver {

    @Inject
    private Config config;

    @Override
    public Opening onOpen(HttpServletRequest request, ServedRequest served, String route) {
        return Tracing.isOn(config) ? SocketSpan.begin(request, served, route) : () -> {};
    }
}
