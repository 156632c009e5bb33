package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CitationTest {

    @Test
    void readsLocationsInTexts() {
        var citation = (Citation.CharLocation) citation("""
                {"type":"char_location","cited_text":"a","document_index":1,"document_title":"t",
                "start_char_index":2,"end_char_index":3}""");

        assertThat(citation.citedText()).isEqualTo("a");
        assertThat(citation.documentIndex()).hasValue(1);
        assertThat(citation.documentTitle()).contains("t");
        assertThat(citation.startCharIndex()).hasValue(2);
        assertThat(citation.endCharIndex()).hasValue(3);
    }

    @Test
    void readsPages() {
        var citation = (Citation.PageLocation) citation("""
                {"type":"page_location","document_title":null,"start_page_number":2,"end_page_number":3}""");

        assertThat(citation.documentTitle()).isEmpty();
        assertThat(citation.startPageNumber()).hasValue(2);
        assertThat(citation.endPageNumber()).hasValue(3);
    }

    @Test
    void readsBlocks() {
        var citation = (Citation.ContentBlockLocation) citation("""
                {"type":"content_block_location","start_block_index":2,"end_block_index":3}""");

        assertThat(citation.startBlockIndex()).hasValue(2);
        assertThat(citation.endBlockIndex()).hasValue(3);
    }

    @Test
    void readsWebPages() {
        var citation = (Citation.WebSearchResultLocation) citation("""
                {"type":"web_search_result_location","url":"u","title":null,"encrypted_index":"e"}""");

        assertThat(citation.url()).isEqualTo("u");
        assertThat(citation.title()).isEmpty();
        assertThat(citation.encryptedIndex()).isEqualTo("e");
    }

    @Test
    void readsSearchResults() {
        var citation = (Citation.SearchResultLocation) citation("""
                {"type":"search_result_location","source":"s","title":"t","search_result_index":1,
                "start_block_index":2,"end_block_index":3}""");

        assertThat(citation.source()).isEqualTo("s");
        assertThat(citation.title()).contains("t");
        assertThat(citation.searchResultIndex()).hasValue(1);
        assertThat(citation.startBlockIndex()).hasValue(2);
        assertThat(citation.endBlockIndex()).hasValue(3);
    }

    @Test
    void keepsUnknownTypes() {
        var citation = citation("{\"type\":\"dream_location\",\"cited_text\":\"a\",\"depth\":3}");

        assertThat(citation).isInstanceOf(Citation.Unknown.class);
        assertThat(citation.citedText()).isEqualTo("a");
        assertThat(citation.json()).containsKey("depth");
    }

    private static Citation citation(String json) {
        return Citation.of(JsonText.object(json).orElseThrow());
    }
}
