package io.github.claudejakarta.it.sockets;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import io.github.claudejakarta.it.support.ServerLog;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Pages in a real browser that send requests over a WebSocket. */
@ExtendWith(ArquillianExtension.class)
class SocketPageIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SIMULATOR");

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    /** The script of a page. Returns all frames, and how the socket was closed. */
    private static final String ASK = """
        ([url, question, protocols]) => new Promise((resolve) => {
          const socket = new WebSocket(url, protocols);
          const frames = [];
          socket.onopen = () => question && socket.send(question);
          socket.onmessage = (event) => frames.push(JSON.parse(event.data));
          socket.onclose = (event) => resolve({ frames, code: event.code, protocol: socket.protocol });
        })""";

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war();
    }

    private static String ws(String path) {
        return "ws://" + Api.SERVER.getAuthority() + path;
    }

    private static final String QUESTION =
            "{\"model\":\"claude-opus-5-5\",\"max_tokens\":300,\"messages\":[{\"role\":\"user\",\"content\":\"sim:events=20\"}]}";

    @Test
    void aPageSendsARequestAndReadsTheAnswer() {
        Page page = CHROMIUM.open(Api.SERVER, "");

        Map<?, ?> result = (Map<?, ?>) page.evaluate(ASK, List.of(ws("/v1/messages/socket"), QUESTION, List.of()));

        List<Map<?, ?>> frames = frames(result);
        assertThat(types(frames)).contains("stream", "chunk", "complete");
        String text = String.join(
                "",
                frames.stream()
                        .map(frame -> frame.get("content"))
                        .filter(String.class::isInstance)
                        .map(String.class::cast)
                        .toList());
        assertThat(text).startsWith("i=0;").contains("i=19;");
        Map<?, ?> complete = frames.get(frames.size() - 1);
        assertThat(complete.get("stop_reason")).isEqualTo("end_turn");
        assertThat(((Map<?, ?>) complete.get("usage")).get("output_tokens")).isEqualTo(20);
        assertThat(result.get("code")).isEqualTo(1000);
    }

    /** The browser sends the message in frames that may end anywhere. */
    @Test
    void aPageMaySendALongRequestInJapanese() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        String long400kB = QUESTION.replace("sim:events=20", "sim:events=20 " + "日本語で書かれた長い質問です。".repeat(10_000));
        assertThat(long400kB.getBytes(StandardCharsets.UTF_8).length).isGreaterThan(400_000);

        Map<?, ?> result = (Map<?, ?>) page.evaluate(ASK, List.of(ws("/v1/messages/socket"), long400kB, List.of()));

        assertThat(types(frames(result))).contains("stream", "chunk", "complete");
        assertThat(result.get("code")).isEqualTo(1000);
    }

    private static List<Map<?, ?>> frames(Map<?, ?> result) {
        var frames = new ArrayList<Map<?, ?>>();
        ((List<?>) result.get("frames")).forEach(frame -> frames.add((Map<?, ?>) frame));
        return frames;
    }

    private static List<String> types(List<Map<?, ?>> frames) {
        return frames.stream().map(frame -> (String) frame.get("type")).toList();
    }

    @Test
    void anotherPageWatchesTheSameStreamFromAnyPosition() throws Exception {
        Page page = CHROMIUM.open(Api.SERVER, "");
        String id = Api.json(Api.post("/v1/streams", QUESTION).body()).getString("id");
        Api.endedStream(id);

        Map<?, ?> result = (Map<?, ?>) page.evaluate(
                ASK, List.of(ws("/v1/streams/" + id + "/socket?events=all&after=20"), "", List.of("claude")));

        List<Map<?, ?>> frames = frames(result);
        assertThat(frames.get(0).get("sequence")).isEqualTo(21);
        assertThat(types(frames)).endsWith("event", "complete");
        assertThat(result.get("protocol")).isEqualTo("claude");
    }

    @Test
    void aPageOfAnotherOriginIsRejected() throws Exception {
        var other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        other.createContext("/", exchange -> {
            byte[] html = "<!DOCTYPE html><title>Elsewhere</title><link rel='icon' href='data:,'>"
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("content-type", "text/html");
            exchange.sendResponseHeaders(200, html.length);
            exchange.getResponseBody().write(html);
            exchange.close();
        });
        other.start();
        try {
            CHROMIUM.expect("WebSocket connection to");
            Page page = CHROMIUM.open(
                    URI.create("http://localhost:" + other.getAddress().getPort()), "");

            Map<?, ?> result = (Map<?, ?>) page.evaluate(ASK, List.of(ws("/v1/messages/socket"), QUESTION, List.of()));

            assertThat(frames(result)).isEmpty();
            assertThat(result.get("code")).isEqualTo(1006);
        } finally {
            other.stop(0);
        }
    }
}
