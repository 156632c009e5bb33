package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ClaudeRequestTest {

    private static final byte[] BODY = "{}".getBytes(StandardCharsets.UTF_8);

    @Test
    void aCopyChangesOneSettingAndNotTheOriginal() {
        ClaudeRequest first = ClaudeRequest.stream(RequestBody.of(BODY));

        ClaudeRequest all = first.withQuery("beta=true")
                .withHeaders(Map.of("anthropic-beta", "one"))
                .withCaller("alice")
                .withModel("m")
                .withRecovery(RecoveryMode.CONTINUE);

        assertThat(first.query()).isEmpty();
        assertThat(first.headers()).isEmpty();
        assertThat(first.caller()).isEqualTo(ClaudeRequest.LOCAL);
        assertThat(first.model()).isEmpty();
        assertThat(first.recovery()).as("the configuration decides").isEmpty();
        assertThat(all.kind()).isEqualTo(RequestKind.STREAM_MESSAGE);
        assertThat(all.query()).isEqualTo("beta=true");
        assertThat(all.headers()).containsExactly(Map.entry("anthropic-beta", "one"));
        assertThat(all.caller()).isEqualTo("alice");
        assertThat(all.model()).isEqualTo("m");
        assertThat(all.recovery()).contains(RecoveryMode.CONTINUE);
        assertThat(all.body()).isSameAs(first.body());
    }

    @Test
    void headersAreAnUnmodifiableCopy() {
        var headers = new HashMap<>(Map.of("Anthropic-Beta", "one"));
        ClaudeRequest request = ClaudeRequest.models().withHeaders(headers);

        headers.put("anthropic-version", "2023-06-01");

        assertThat(request.headers()).hasSize(1);
        assertThat(request.headers().get("anthropic-beta")).isEqualTo("one");
        assertThatThrownBy(() -> request.headers().put("x", "y")).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void aCopyWithoutABodyDoesNotChangeTheOriginal() {
        ClaudeRequest request = ClaudeRequest.message(RequestBody.of(BODY));

        assertThat(request.withoutBody().body()).isEmpty();
        assertThat(request.body().flatMap(RequestBody::bytes)).contains(BODY);
    }

    @Test
    void aPlainBodyIsNotReleased() {
        var body = RequestBody.of(BODY);

        body.release();

        assertThat(body.bytes()).as("the request can be sent again").contains(BODY);
    }

    @Test
    void aBufferedBodyIsReleasedInEveryCopyOfItsRequest() throws Exception {
        var releases = new AtomicInteger();
        ClaudeRequest request = ClaudeRequest.stream(new BufferedBody(BODY, releases::incrementAndGet));
        ClaudeRequest copy = request.withCaller("alice");
        var out = new ByteArrayOutputStream();
        copy.body().orElseThrow().writeTo(out);
        assertThat(out.toByteArray()).isEqualTo(BODY);

        request.body().orElseThrow().release();

        assertThat(releases).hasValue(1);
        assertThat(copy.body().flatMap(RequestBody::bytes)).isEmpty();
        assertThatThrownBy(() -> copy.body().orElseThrow().writeTo(out)).isInstanceOf(IOException.class);
    }

    @Test
    void toStringHasNoKeyAndNoPrompt() {
        ClaudeRequest request = ClaudeRequest.batch("msgbatch_1")
                .withHeaders(Map.of("x-api-key", "secret"))
                .withCaller("alice");

        assertThat(request).hasToString("GET_BATCH msgbatch_1 for alice");
    }

    @Test
    void onlyReadsAreReads() {
        assertThat(RequestKind.values())
                .filteredOn(RequestKind::isRead)
                .containsExactlyInAnyOrder(
                        RequestKind.LIST_MODELS,
                        RequestKind.GET_MODEL,
                        RequestKind.LIST_BATCHES,
                        RequestKind.GET_BATCH,
                        RequestKind.GET_BATCH_RESULTS);
    }

    @Test
    void twoKindsRequestAMessage() {
        assertThat(RequestKind.values())
                .filteredOn(RequestKind::isMessage)
                .containsExactlyInAnyOrder(RequestKind.CREATE_MESSAGE, RequestKind.STREAM_MESSAGE);
    }
}
