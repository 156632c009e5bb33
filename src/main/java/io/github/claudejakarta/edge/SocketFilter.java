package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.github.claudejakarta.claude.http.Credential;
import io.github.claudejakarta.claude.http.ForwardedHeaders;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.socket.SocketEntry;
import io.github.claudejakarta.socket.SocketHandshake;
import io.github.claudejakarta.socket.Sockets;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.Shutdown;
import io.github.claudejakarta.web.SocketObserver;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Checks the caller and the origin of a page before a WebSocket is opened, because the request does not reach JAX-RS.
 *
 * <p>Browsers let a page open sockets to any server, and a page cannot set headers. Therefore the {@code Origin} is
 * always checked, and a page can send its key as the subprotocol {@code x-api-key.<key>}.
 */
public class SocketFilter extends HttpFilter {

    private static final long serialVersionUID = 1;
    private static final String KEY_PROTOCOL = Credential.API_KEY + ".";

    @Inject
    private transient Callers callers;

    @Inject
    private transient ClientSettings settings;

    @Inject
    private transient WorkerThreads threads;

    @Inject
    @Any
    private transient Instance<SocketObserver> observers;

    @Inject
    private transient Sockets sockets;

    @Inject
    private transient Shutdown shutdown;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Optional<SocketHandshake> handshake = SocketHandshake.of(request);
        if (handshake.isEmpty()) {
            chain.doFilter(request, response);
            return;
        }
        if (settings.isSimulated()) {
            response.setHeader(ClaudeAnswer.SIMULATOR, "true");
        }
        Map<String, List<String>> headers = headers(request);
        Caller caller;
        try {
            if (shutdown.hasBegun()) {
                throw Shutdown.refusal();
            }
            UnaryOperator<String> header =
                    name -> headers.containsKey(name) ? String.join(",", headers.get(name)) : null;
            callers.requireOwnOrigin(header);
            caller = callers.caller(request, header);
            handshake.get().requireValid(response);
        } catch (ClaudeException e) {
            ErrorPage.write(e, response);
            return;
        }
        if (callers.authenticated(request).isPresent()) {
            headers.remove(Credential.AUTHORIZATION);
        }
        ServedRequest served = ServedRequest.of(request);
        served.identify(caller);
        try (SocketObserver.Opening opening =
                opening(request, served, handshake.get().route())) {
            open(
                    handshake.get(),
                    response,
                    new SocketEntry(
                            caller,
                            ForwardedHeaders.upstream(headers),
                            headers.getOrDefault("stream-recovery", List.of()),
                            threads));
        }
    }

    private SocketObserver.Opening opening(HttpServletRequest request, ServedRequest served, String route) {
        List<SocketObserver.Opening> openings = observers.stream()
                .map(observer -> observer.onOpen(request, served, route))
                .toList();
        return () -> openings.forEach(SocketObserver.Opening::close);
    }

    private void open(SocketHandshake handshake, HttpServletResponse response, SocketEntry entry)
            throws IOException, ServletException {
        boolean isOpen = false;
        try {
            sockets.open(handshake, response, entry);
            isOpen = true;
        } finally {
            if (!isOpen) {
                entry.leave();
            }
        }
    }

    private static Map<String, List<String>> headers(HttpServletRequest request) {
        var headers = new HashMap<String, List<String>>();
        for (String name : Collections.list(request.getHeaderNames())) {
            headers.put(name.toLowerCase(Locale.ROOT), Collections.list(request.getHeaders(name)));
        }
        for (String protocols : headers.getOrDefault("sec-websocket-protocol", List.of())) {
            for (String protocol : protocols.split(",")) {
                if (protocol.strip().startsWith(KEY_PROTOCOL)) {
                    headers.computeIfAbsent(Credential.API_KEY, name -> new ArrayList<>())
                            .add(protocol.strip().substring(KEY_PROTOCOL.length()));
                }
            }
        }
        return headers;
    }
}
