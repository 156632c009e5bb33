package io.github.claudejakarta.observe;

import io.opentelemetry.context.Context;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.Config;

/**
 * Whether there is telemetry, and how it gets from one thread to another.
 *
 * <p>OpenTelemetry's classes are there where the server has {@code mpTelemetry} and shows them to the application
 * ({@code apiTypeVisibility="+third-party"}); elsewhere everything works but for them. So nothing outside this package names them,
 * and nothing in it before {@link #isOn} has been asked.
 */
public final class Tracing {

    private static final String API = "io.opentelemetry.api.OpenTelemetry";

    private Tracing() {
    }

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

    /** Has a task run in the span of the thread that hands it over, where there is telemetry, and know the request that it serves. */
    public static UnaryOperator<Runnable> carrier(Config config) {
        return isOn(config) ? task -> RequestRecord.carried(Carrier.carried(task)) : RequestRecord::carried;
    }

    /** Loaded where it is used, and so not without the API. */
    private static final class Carrier {

        static Runnable carried(Runnable task) {
            return Context.current().wrap(task);
        }
    }
}
