package io.github.claudejakarta.it.hardening;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that runs out of memory ends its process, so that its supervisor restarts it. */
@OwnServers
class OutOfMemoryIT {

    /** The exit status of {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-out-of-memory")
            .heap("256m")
            .with("CLAUDE_UPSTREAM", "simulator")
            .application(
                    "hoard.war",
                    ShrinkWrap.create(WebArchive.class, "hoard.war")
                            .addClasses(HoardingApplication.class, HoardingApplication.Hoard.class))
            .configured("hoard.xml", "<webApplication location=\"hoard.war\" contextRoot=\"/hoarding\"/>");

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @Test
    void theProcessEnds() throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest request =
                HttpRequest.newBuilder(SERVER.uri().resolve("/hoarding/hoard")).build();

        assertThatThrownBy(() -> http.send(request, BodyHandlers.discarding())).isInstanceOf(IOException.class);

        assertThat(SERVER.awaitExit()).isEqualTo(OUT_OF_MEMORY);
    }
}
