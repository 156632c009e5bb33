package io.github.claudejakarta.app;

import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.BeforeBeanDiscovery;
import jakarta.enterprise.inject.spi.Extension;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * Stops the start of the application if the server lacks a required feature. Otherwise the container would omit each
 * bean that it cannot load, and report only that other beans have unsatisfied dependencies.
 */
public final class RequiredFeatures implements Extension {

    private static final Logger LOG = Logger.getLogger(RequiredFeatures.class.getName());

    /** A feature of Liberty, and a class that applications see if the server has the feature. */
    private record Feature(String name, String type) {}

    private static final List<Feature> REQUIRED = List.of(
            new Feature("servlet-6.0", "jakarta.servlet.ServletRequest"),
            new Feature("restfulWS-3.1", "jakarta.ws.rs.sse.SseEventSink"),
            new Feature("jsonp-2.1", "jakarta.json.JsonObject"),
            new Feature("concurrent-3.0", "jakarta.enterprise.concurrent.ManagedThreadFactory"),
            new Feature("mpConfig-3.1", "org.eclipse.microprofile.config.Config"));

    /** Runs before the container examines any bean. */
    void check(@Observes BeforeBeanDiscovery event) {
        error(RequiredFeatures::isVisible).ifPresent(error -> {
            // The container's report has this message many lines further down.
            LOG.severe(error);
            throw new IllegalStateException(error);
        });
    }

    /**
     * Returns the error that names the missing features; empty if the server has all.
     *
     * @param isVisible whether the class of this name can be loaded
     */
    static Optional<String> error(Predicate<String> isVisible) {
        String missing = REQUIRED.stream()
                .filter(feature -> !isVisible.test(feature.type()))
                .map(Feature::name)
                .collect(Collectors.joining(", "));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("claude-jakarta does not start: the server lacks " + missing
                        + ". Add each as a <feature> to the <featureManager> of server.xml.");
    }

    /** Returns a message if the server has no MicroProfile Health. */
    static Optional<String> missingHealth() {
        return isVisible("org.eclipse.microprofile.health.HealthCheck")
                ? Optional.empty()
                : Optional.of(
                        "The server lacks mpHealth-4.0: /health and the readiness of this application are absent. Add the feature to"
                                + " server.xml.");
    }

    private static boolean isVisible(String type) {
        try {
            Class.forName(type, false, RequiredFeatures.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }
}
