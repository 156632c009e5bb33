package io.github.claudejakarta.observe;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.Config;

/**
 * Whether there is telemetry, and how it gets from one thread to another.
 *
 * <p>OpenTelemetry's classes are there where the server has {@code mpTelemetry} and shows them to the application
 * ({@code apiTypeVisibility="+third-party"}); elsewhere everything works but for them. So nothing outside this package
 * names them, and nothing in it before {@link #isOn} has been asked.
 */
public final class Tracing {

    private static final String API = "io.opentelemetry.api.OpenTelemetry";

    private Tracing() {}

    /** {@code otel.sdk.disabled} is MicroProfile's key, and true unless it is set. */
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

    /** Has a task run in the span of the thread that hands it over, where there is telemetry. */
    public static UnaryOperator<Runnable> carrier(Config config) {
        return isOn(config)
                ? task -> {
                    noteTrace();
                    return Carrier.carried(task);
                }
                : UnaryOperator.identity();
    }

    /**
     * Has the line of the request that this thread serves name its trace. The server begins its span of a request after
     * the filters of web.xml, so this is called where the request is first seen in it. To be called only where
     * {@linkplain #isOn telemetry is on}.
     */
    static void noteTrace() {
        RequestRecord.current().ifPresent(record -> Carrier.traceId().ifPresent(record::noteTrace));
    }

    /** Loaded where it is used, and so not without the API. */
    private static final class Carrier {

        static Optional<String> traceId() {
            return Optional.of(Span.current().getSpanContext())
                    .filter(SpanContext::isValid)
                    .map(SpanContext::getTraceId);
        }

        static Runnable carried(Runnable task) {
            return Context.current().wrap(task);
        }
    }
}
