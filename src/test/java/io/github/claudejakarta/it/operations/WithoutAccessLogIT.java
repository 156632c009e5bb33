package io.github.claudejakarta.it.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FrameClient;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Requests that the filter of the access log does not see release their resources: memory, entries of the watchdog, and
 * their place among the open requests.
 */
@ExtendWith(ArquillianExtension.class)
class WithoutAccessLogIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final String WEB_XML = "WEB-INF/web.xml";
    private static final String MAPPED =
            "<filter-name>access-log</filter-name>\n        <url-pattern>/v1/*</url-pattern>";

    private static ScriptedUpstream upstream;

    private JsonObject before;

    @Deployment(testable = false)
    static WebArchive war() throws Exception {
        WebArchive war =
                RealWar.withSettings("claude.request.body-timeout=PT2S").addClass(ResourcesInUse.class);
        String webXml;
        try (var in = war.get(WEB_XML).getAsset().openStream()) {
            webXml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(webXml).contains(MAPPED);
        return war.setWebXML(new StringAsset(webXml.replace(MAPPED, MAPPED.replace("/v1/*", "/elsewhere/*"))));
    }

    /** Resources that the first requests create and that stay must exist before the test. */
    @BeforeAll
    static void warmUp() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
    }

    @AfterAll
    static void closeUpstream() {
        upstream.close();
    }

    @BeforeEach
    void look() throws Exception {
        upstream.forget();
        before = inUse();
        assertThat(before.getInt("memory")).isZero();
        assertThat(before.getInt("requests")).isZero();
    }

    @AfterEach
    void allResourcesAreReleased() throws Exception {
        Api.await("the end of all requests", () -> inUse().equals(before));
        assertThat(LOG.text()).doesNotContain("path=/v1/messages");
    }

    private static JsonObject inUse() throws Exception {
        return Api.json(Api.get(ResourcesInUse.PATH).body());
    }

    @Test
    void ofAMessage() throws Exception {
        upstream.answer(Wire.messageScript());

        assertThat(Api.post("/v1/messages", Api.body(false)).statusCode()).isEqualTo(200);
    }

    /** Checks that the figures are not always zero. */
    @Test
    void aRunningMessageHoldsResources() throws Exception {
        var reached = new Barrier();
        upstream.answer(Wire.begun().pause(reached).write(Wire.STOP));
        try (RawClient client = RawClient.connect().request("POST", "/v1/messages", Api.body(true))) {
            client.readUntil("Hel");

            JsonObject now = inUse();
            assertThat(now.getInt("requests")).isEqualTo(1);
            assertThat(now.getInt("watched")).isGreaterThan(before.getInt("watched"));
        }
        reached.release();
    }

    @Test
    void ofAStream() throws Exception {
        upstream.answer(Wire.helloScript());

        assertThat(Api.message().statusCode()).isEqualTo(200);
    }

    @Test
    void ofAStreamThatOutlivesItsRequest() throws Exception {
        upstream.answer(Wire.helloScript());

        Api.endedStream(Api.startStream());
    }

    @Test
    void ofADownload() throws Exception {
        upstream.answer(Script.json(200, "{\"custom_id\":\"a\"}"));

        assertThat(Api.get("/v1/messages/batches/msgbatch_1/results").statusCode())
                .isEqualTo(200);
    }

    @Test
    void ofARejectedRequest() throws Exception {
        assertThat(Api.post("/v1/messages", "{").statusCode()).isEqualTo(400);
        assertThat(Api.post("/v1/nothing", "{}").statusCode()).isEqualTo(404);
    }

    @Test
    void ofAClientThatLeaves() throws Exception {
        upstream.answer(Wire.begun().drip(Wire.text("more").repeat(500), Duration.ofMillis(20)));

        try (RawClient client = RawClient.connect().request("POST", "/v1/messages", Api.body(true))) {
            client.readUntil("Hel");
        }
    }

    @Test
    void ofABodyThatDoesNotArrive() throws Exception {
        try (RawClient client = RawClient.connect()
                .write(("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                + "Content-Length: 100000\r\n\r\n{")
                        .getBytes(StandardCharsets.US_ASCII))) {
            client.readUntil(" 408 ");
        }
    }

    @Test
    void ofASocket() throws Exception {
        upstream.answer(Wire.helloScript());

        try (FrameClient client = FrameClient.connect("/v1/messages/socket").text(Api.body(true))) {
            for (FrameClient.Frame frame = client.next(); frame.opcode() != FrameClient.CLOSE; frame = client.next()) {
                assertThat(frame.opcode()).isEqualTo(FrameClient.TEXT);
            }
        }
    }
}
