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
 * Stops the start of an application whose server lacks a feature that nothing works without. Otherwise the container
 * would leave out each bean that it cannot load, and report that others have unsatisfied dependencies.
 */
public final class RequiredFeatures implements Extension {

    private static final Logger LOG = Logger.getLogger(RequiredFeatures.class.getName());

    /** A feature of Liberty, and a class that applications see where the server has it. */
    private record Feature(String name, String type) {}

    private static final List<Feature> REQUIRED = List.of(
            new Feature("servlet-6.0", "jakarta.servlet.ServletRequest"),
            new Feature("restfulWS-3.1", "jakarta.ws.rs.sse.SseEventSink"),
            new Feature("jsonp-2.1", "jakarta.json.JsonObject"),
            new Feature("concurrent-3.0", "jakarta.enterprise.concurrent.ManagedThreadFactory"),
            new Feature("mpConfig-3.1", "org.eclipse.microprofile.config.Config"));

    /** Runs before any bean is looked at. */
    void check(@Observes BeforeBeanDiscovery event) {
        complaint(RequiredFeatures::isVisible).ifPresent(complaint -> {
            // The container's own report has it many lines down.
            LOG.severe(complaint);
            throw new IllegalStateException(complaint);
        });
    }

    /** @param isVisible whether a class can be loaded, by its name */
    static Optional<String> complaint(Predicate<String> isVisible) {
        String missing = REQUIRED.stream()
                .filter(feature -> !isVisible.test(feature.type()))
                .map(Feature::name)
                .collect(Collectors.joining(", "));
        return missing.isEmpty()
                ? Optional.empty()
                : Optional.of("claude-jakarta does not start: the server lacks " + missing
                        + ". Add each as a <feature> to the <featureManager> of server.xml.");
    }

    /** Returns what the application lacks where its server has no MicroProfile Health. */
    static Optional<String> missingHealth() {
        return isVisible("org.eclipse.microprofile.health.HealthCheck")
                ? Optional.empty()
                : Optional.of("The server lacks mpHealth-4.0: it has no /health, and no readiness of this application");
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
