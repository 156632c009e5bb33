package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultsUrlTest {

    private static final URI SERVER = URI.create("https://claude.example.org");
    private static final String UPSTREAM = "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results";
    private static final String OURS = "https://claude.example.org/v1/messages/batches/msgbatch_1/results";

    @Test
    void pointsToThisServer() {
        assertThat(pointed("{\"id\":\"msgbatch_1\",\"results_url\":\"" + UPSTREAM + "\",\"type\":\"message_batch\"}"))
                .isEqualTo("{\"id\":\"msgbatch_1\",\"results_url\":\"" + OURS + "\",\"type\":\"message_batch\"}");
    }

    @Test
    void pointsToThisServerForEachBatchInAList() {
        assertThat(pointed("{\"data\":[{\"results_url\":\"" + UPSTREAM
                        + "\"},{\"results_url\":null},{\"results_url\":\"" + UPSTREAM.replace("_1", "_2") + "\"}]}"))
                .isEqualTo("{\"data\":[{\"results_url\":\"" + OURS + "\"},{\"results_url\":null},{\"results_url\":\""
                        + OURS.replace("_1", "_2") + "\"}]}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"results_url\" : \"%s\"", "\"results_url\":\n\t\"%s\"", "\"results_url\":\"%s\""})
    void keepsTheWhiteSpaceAroundTheUrl(String field) {
        assertThat(pointed("{ " + field.formatted(UPSTREAM) + " }")).isEqualTo("{ " + field.formatted(OURS) + " }");
    }

    @ParameterizedTest
    @CsvSource({"http://localhost:8080", "https://proxy.example.org/claude/api", "''", "https://user@host:1"})
    void mayHaveAnyHost(String host) {
        assertThat(pointed("{\"results_url\":\"" + host + "/v1/messages/batches/b/results\"}"))
                .isEqualTo("{\"results_url\":\"https://claude.example.org/v1/messages/batches/b/results\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://localhost:9080", "https://example.org/claude", "http://x/$1/a$"})
    void pointsToAnyUrlOfThisServer(String server) {
        assertThat(ResultsUrl.rewrite(URI.create(server), "{\"results_url\":\"" + UPSTREAM + "\"}"))
                .isEqualTo("{\"results_url\":\"" + server + "/v1/messages/batches/msgbatch_1/results\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"results_url\":null}",
                "{\"results_url\":\"\"}",
                "{\"results_url\":\"https://elsewhere.example.org/files/1\"}",
                "{\"other_url\":\"https://api.anthropic.com/v1/messages/batches/b/results\"}",
                "{\"my_results_url\":\"https://api.anthropic.com/v1/messages/batches/b/results\"}",
                "{\"id\":\"results_url\",\"url\":\"https://api.anthropic.com/v1/messages/batches/b/results\"}",
                "{\"text\":\"{\\\"results_url\\\":\\\"https://api.anthropic.com/v1/messages/batches/b/results\\\"}\"}",
                "{\"text\":\"\\\"results_url\\\": \\\"https://api.anthropic.com/v1/messages/batches/b/results\\\"\"}",
                "{\"results_url\":5}",
                "{}",
                "",
                "no JSON at all",
            })
    void otherTextIsUnchanged(String json) {
        assertThat(pointed(json)).isEqualTo(json);
    }

    @Test
    void isFoundQuicklyInALongText() {
        String json = "{\"x\":\"" + "\\\"results_url\\\":\\\"".repeat(100_000) + "\",\"results_url\":\""
                + "/v1/messages/batches/".repeat(50_000) + "\"}";

        assertThat(pointed(json)).hasSizeLessThanOrEqualTo(json.length());
    }

    private static String pointed(String json) {
        return ResultsUrl.rewrite(SERVER, json);
    }
}
