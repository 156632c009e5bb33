package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentDeltaTest {

    @Test
    void readsText() {
        assertThat(((ContentDelta.TextDelta) delta("{\"type\":\"text_delta\",\"text\":\"a\"}")).text())
                .isEqualTo("a");
    }

    @Test
    void readsInput() {
        var delta = (ContentDelta.InputJsonDelta) delta("{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}");

        assertThat(delta.partialJson()).isEqualTo("{");
    }

    @Test
    void readsThinking() {
        var delta = (ContentDelta.ThinkingDelta)
                delta("{\"type\":\"thinking_delta\",\"thinking\":\"hm\",\"estimated_tokens\":4}");

        assertThat(delta.thinking()).isEqualTo("hm");
        assertThat(delta.estimatedTokens()).hasValue(4);
    }

    @Test
    void estimatedTokensMayBeNull() {
        var delta = (ContentDelta.ThinkingDelta)
                delta("{\"type\":\"thinking_delta\",\"thinking\":\"\",\"estimated_tokens\":null}");

        assertThat(delta.estimatedTokens()).isEmpty();
    }

    @Test
    void readsSignatures() {
        var delta = (ContentDelta.SignatureDelta) delta("{\"type\":\"signature_delta\",\"signature\":\"s\"}");

        assertThat(delta.signature()).isEqualTo("s");
    }

    @Test
    void readsCitations() {
        var delta = (ContentDelta.CitationsDelta) delta("""
                {"type":"citations_delta","citation":{"type":"char_location","cited_text":"a"}}""");

        assertThat(delta.citation()).isInstanceOf(Citation.CharLocation.class);
    }

    @Test
    void readsCompactions() {
        var delta = (ContentDelta.CompactionDelta) delta("""
                {"type":"compaction_delta","content":null,"encrypted_content":"e"}""");

        assertThat(delta.content()).isEmpty();
        assertThat(delta.encryptedContent()).contains("e");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"hologram_delta\",\"frame\":1}",
                "{\"type\":\"text_delta\"}",
                "{\"type\":\"text_delta\",\"text\":null}",
                "{\"type\":\"input_json_delta\",\"partial_json\":{}}",
                "{\"type\":\"thinking_delta\"}",
                "{\"type\":\"signature_delta\"}",
                "{\"type\":\"citations_delta\",\"citation\":[]}",
                "{}",
            })
    void incompleteDeltasAreUnknown(String json) {
        assertThat(delta(json)).isInstanceOf(ContentDelta.Unknown.class);
        assertThat(delta(json).json()).hasToString(json);
    }

    private static ContentDelta delta(String json) {
        return ContentDelta.of(JsonText.object(json).orElseThrow());
    }
}
