package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.RequestKind;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EndpointTest {

    private static final RequestBody BODY = RequestBody.of(Sse.bytes("{}"));

    @ParameterizedTest
    @MethodSource("requests")
    void aKindHasAMethodAPathAndAForm(ClaudeRequest request, String line, Endpoint.Form form) {
        Endpoint endpoint = Endpoint.of(request.kind());

        assertThat(endpoint.method() + " " + endpoint.path(request)).isEqualTo(line);
        assertThat(endpoint.form()).isEqualTo(form);
        assertThat(endpoint.path(request.withQuery("a=b%20c&d")))
                .isEqualTo(line.substring(line.indexOf('/')) + "?a=b%20c&d");
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                Arguments.of(ClaudeRequest.message(BODY), "POST /v1/messages", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.stream(BODY), "POST /v1/messages", Endpoint.Form.EVENTS),
                Arguments.of(ClaudeRequest.countTokens(BODY), "POST /v1/messages/count_tokens", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.models(), "GET /v1/models", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.model("a%2Db"), "GET /v1/models/a%2Db", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.createBatch(BODY), "POST /v1/messages/batches", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.batches(), "GET /v1/messages/batches", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.batch("b1"), "GET /v1/messages/batches/b1", Endpoint.Form.WHOLE),
                Arguments.of(
                        ClaudeRequest.cancelBatch("b1"), "POST /v1/messages/batches/b1/cancel", Endpoint.Form.WHOLE),
                Arguments.of(ClaudeRequest.deleteBatch("b1"), "DELETE /v1/messages/batches/b1", Endpoint.Form.WHOLE),
                Arguments.of(
                        ClaudeRequest.batchResults("b1"),
                        "GET /v1/messages/batches/b1/results",
                        Endpoint.Form.CONTENT));
    }

    @Test
    void everyKindIsTested() {
        assertThat(requests().map(request -> ((ClaudeRequest) request.get()[0]).kind()))
                .containsExactlyInAnyOrder(RequestKind.values());
    }

    @Test
    void aTemplateHasNoIds() {
        assertThat(Arrays.stream(RequestKind.values())
                        .filter(kind -> Endpoint.of(kind).template().contains("{id}")))
                .containsExactlyInAnyOrder(
                        RequestKind.GET_MODEL,
                        RequestKind.GET_BATCH,
                        RequestKind.CANCEL_BATCH,
                        RequestKind.DELETE_BATCH,
                        RequestKind.GET_BATCH_RESULTS);
    }
}
