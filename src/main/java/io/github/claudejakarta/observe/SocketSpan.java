package io.github.claudejakarta.observe;

import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.SocketObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collections;

/** Begins the server's span of a WebSocket, which lasts from its handshake to its end, by the conventions for HTTP. */
final class SocketSpan {

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    private static final TextMapGetter<HttpServletRequest> HEADERS = new TextMapGetter<>() {

        @Override
        public Iterable<String> keys(HttpServletRequest request) {
            return Collections.list(request.getHeaderNames());
        }

        @Override
        public String get(HttpServletRequest request, String name) {
            return request == null ? null : request.getHeader(name);
        }
    };

    private SocketSpan() {}

    @SuppressWarnings("MustBeClosedChecker") // The caller closes the scope.
    static SocketObserver.Opening begin(HttpServletRequest request, ServedRequest served, String route) {
        OpenTelemetry telemetry = CDI.current().select(OpenTelemetry.class).get();
        Context caller = telemetry.getPropagators().getTextMapPropagator().extract(Context.root(), request, HEADERS);
        Span span = telemetry
                .getTracer(GenAiTelemetry.SCOPE)
                .spanBuilder(request.getMethod() + " " + route)
                .setSpanKind(SpanKind.SERVER)
                .setParent(caller)
                .setAttribute(METHOD, request.getMethod())
                .setAttribute(ROUTE, route)
                .setAttribute(STATUS, (long) HttpServletResponse.SC_SWITCHING_PROTOCOLS)
                .startSpan();
        served.onEnd(span::end);
        Scope scope = span.makeCurrent();
        Tracing.recordTrace();
        return scope::close;
    }
}
