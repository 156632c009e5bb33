package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsageTest {

    @Test
    void readsAllFields() {
        var usage = usage("""
                {"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,
                "cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":6},
                "output_tokens_details":{"thinking_tokens":7},
                "server_tool_use":{"web_search_requests":8,"web_fetch_requests":9},
                "service_tier":"batch","inference_geo":"us"}""");

        assertThat(usage.inputTokens()).isEqualTo(1);
        assertThat(usage.outputTokens()).isEqualTo(2);
        assertThat(usage.cacheCreationInputTokens()).hasValue(3);
        assertThat(usage.cacheReadInputTokens()).hasValue(4);
        assertThat(usage.totalInputTokens()).isEqualTo(8);
        assertThat(usage.ephemeral5mInputTokens()).hasValue(5);
        assertThat(usage.ephemeral1hInputTokens()).hasValue(6);
        assertThat(usage.thinkingTokens()).hasValue(7);
        assertThat(usage.webSearchRequests()).hasValue(8);
        assertThat(usage.webFetchRequests()).hasValue(9);
        assertThat(usage.serviceTier()).contains("batch");
        assertThat(usage.inferenceGeo()).contains("us");
    }

    @Test
    void absentFieldsAreEmptyOrZero() {
        var usage = usage("{\"cache_read_input_tokens\":null,\"server_tool_use\":null}");

        assertThat(usage.inputTokens()).isZero();
        assertThat(usage.totalInputTokens()).isZero();
        assertThat(usage.cacheReadInputTokens()).isEmpty();
        assertThat(usage.webSearchRequests()).isEmpty();
        assertThat(usage.serviceTier()).isEmpty();
        assertThat(usage.iterations()).isEmpty();
    }

    @Test
    void countsMayBeLargerThanAnInt() {
        assertThat(usage("{\"input_tokens\":3000000000}").inputTokens()).isEqualTo(3_000_000_000L);
    }

    @Test
    void invalidCountsAreAbsent() {
        assertThat(usage("{\"input_tokens\":1.5}").inputTokens()).isZero();
        assertThat(usage("{\"input_tokens\":1e999999}").inputTokens()).isZero();
    }

    /**
     * The totals of an answer with iterations do not include all iterations, so prices are computed from the iterations
     * only.
     */
    @Test
    void anAnswerWithoutIterationsCountsAsOneIteration() {
        var plain = usage("{\"input_tokens\":5,\"output_tokens\":1}");
        var passes = usage("{\"input_tokens\":7,\"iterations\":[{\"type\":\"compaction\",\"input_tokens\":9}]}");

        assertThat(plain.plus(passes).iterations())
                .extracting(pass -> pass.type() + pass.usage().inputTokens())
                .containsExactly("message5", "compaction9");
        assertThat(passes.plus(plain).iterations())
                .extracting(pass -> pass.type() + pass.usage().inputTokens())
                .containsExactly("compaction9", "message5");
        assertThat(passes.plus(plain).inputTokens()).isEqualTo(12);
        assertThat(passes.plus(usage("{}")).iterations()).hasSize(1);
        assertThat(plain.plus(plain).iterations()).isEmpty();
    }

    @Test
    void hasIterations() {
        var iteration = usage("{\"iterations\":[{\"type\":\"message\",\"model\":\"m\",\"output_tokens\":2}]}")
                .iterations()
                .get(0);

        assertThat(iteration.type()).isEqualTo("message");
        assertThat(iteration.model()).contains("m");
        assertThat(iteration.usage().outputTokens()).isEqualTo(2);
    }

    private static Usage usage(String json) {
        return new Usage(JsonText.object(json).orElseThrow());
    }
}
