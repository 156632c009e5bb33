package io.github.claudejakarta.it.beans;

import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * The scripted upstream of tests inside the server: one for all tests of a class, because connections outlive a test.
 * It ends with the application.
 */
@ApplicationScoped
public class UpstreamInside {

    private ScriptedUpstream upstream;

    @PostConstruct
    void start() {
        upstream = ScriptedUpstream.startForServer();
    }

    /** Clears the upstream for the next test, and returns it. */
    ScriptedUpstream forgetful() {
        upstream.forget();
        return upstream;
    }

    @PreDestroy
    void close() {
        upstream.close();
    }
}
