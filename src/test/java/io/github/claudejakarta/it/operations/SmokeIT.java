package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.eclipse.microprofile.config.Config;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The real WAR starts and answers over HTTP, and tests inside the server find their helpers. */
@ExtendWith(ArquillianExtension.class)
class SmokeIT {

    @Inject
    Config config;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside("claude.read-timeout=PT3S");
    }

    @Test
    @RunAsClient
    void isReady(@ArquillianResource URL server) throws Exception {
        var response = get(server.toURI().resolve("/health/ready"));

        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
    }

    @Test
    void readsItsSettingsFromTheTestClass() {
        assertThat(config.getValue("claude.read-timeout", String.class)).isEqualTo("PT3S");
    }

    @Test
    void findsTheUpstreamInsideTheServer() throws Exception {
        var fixture = FixtureFile.sse("01_plain_text");
        try (var upstream = ScriptedUpstream.startForServer()) {
            upstream.answer(Script.sse(fixture));

            var response = get(config.getValue("claude.base-url", URI.class));

            assertThat(response.body()).isEqualTo(new String(fixture, UTF_8));
        }
    }

    private static HttpResponse<String> get(URI uri) throws Exception {
        return HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
}
