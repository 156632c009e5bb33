package io.github.claudejakarta.observe;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.Config;

/**
 * Detects telemetry, and carries spans from one thread to another.
 *
 * <p>OpenTelemetry's classes are present if the server has {@code mpTelemetry} and shows them to the application
 * ({@code apiTypeVisibility="+third-party"}). Without them everything else works. Therefore only this package uses
 * them, and only after {@link #isOn} has returned true.
 */
public final class Tracing {

    private static final String API = "io.opentelemetry.api.OpenTelemetry";

    private Tracing() {}

    /** Returns whether telemetry is on. The key is MicroProfile's; its default is {@code true}, which means off. */
    static boolean isOn(Config config) {
        return !config.getOptionalValue("otel.sdk.disabled", Boolean.class).orElse(true) && isApiVisible();
    }

    static boolean isApiVisible() {
        try {
            Class.forName(API, false, Tracing.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    /** Returns a function that makes a task run in the span of the thread that submits it, if telemetry is on. */
    public static UnaryOperator<Runnable> carrier(Config config) {
        return isOn(config)
                ? task -> {
                    recordTrace();
                    return Carrier.withContext(task);
                }
                : UnaryOperator.identity();
    }

    /**
     * Records the trace for the access log, of the request that this thread serves. The server begins its span after
     * the filters of web.xml, therefore this is called at the first place within the span. Must be called only if
     * {@linkplain #isOn telemetry is on}.
     */
    static void recordTrace() {
        RequestRecord.current().ifPresent(record -> Carrier.traceId().ifPresent(record::setTrace));
    }

    /** A separate class, so that OpenTelemetry's API is loaded only if it is present. */
    private static final class Carrier {

        static Optional<String> traceId() {
            return Optional.of(Span.current().getSpanContext())
                    .filter(SpanContext::isValid)
                    .map(SpanContext::getTraceId);
        }

        static Runnable withContext(Runnable task) {
            return Context.current().wrap(task);
        }
    }
}
