package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.inject.spi.Extension;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequiredFeaturesTest {

    private static final Set<String> ABSENT =
            Set.of("jakarta.servlet.ServletRequest", "org.eclipse.microprofile.config.Config");

    @Test
    void theErrorNamesEachMissingFeature() {
        assertThat(RequiredFeatures.error(type -> !ABSENT.contains(type)))
                .hasValue("claude-jakarta does not start: the server lacks servlet-6.0, mpConfig-3.1. Add each as a"
                        + " <feature> to the <featureManager> of server.xml.");
    }

    @Test
    void returnsNoErrorOnAServerThatHasAll() {
        assertThat(RequiredFeatures.error(type -> true)).isEmpty();
    }

    /** The class path of the tests has all features. */
    @Test
    void theContainerFindsTheExtension() {
        assertThat(ServiceLoader.load(Extension.class)).anyMatch(RequiredFeatures.class::isInstance);
        new RequiredFeatures().check(null);
    }
}
