package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Optional;
import java.util.OptionalLong;

/** The source of a sentence of Claude. Indexes start at 0, page numbers at 1; ends are exclusive. */
@PublicApi
@JsonbTypeAdapter(Citation.Adapter.class)
public sealed interface Citation extends JsonBacked {

    @Override
    JsonObject json();

    default String type() {
        return Fields.textOrEmpty(json(), "type");
    }

    default String citedText() {
        return Fields.textOrEmpty(json(), "cited_text");
    }

    static Citation of(JsonObject json) {
        return switch (Fields.textOrEmpty(json, "type")) {
            case "char_location" -> new CharLocation(json);
            case "page_location" -> new PageLocation(json);
            case "content_block_location" -> new ContentBlockLocation(json);
            case "web_search_result_location" -> new WebSearchResultLocation(json);
            case "search_result_location" -> new SearchResultLocation(json);
            default -> new Unknown(json);
        };
    }

    /** A place in one of the documents of the request. */
    @JsonbTypeAdapter(Citation.Adapter.class)
    sealed interface DocumentLocation extends Citation {

        default OptionalLong documentIndex() {
            return Fields.number(json(), "document_index");
        }

        default Optional<String> documentTitle() {
            return Fields.text(json(), "document_title");
        }
    }

    @JsonbTypeAdapter(Citation.Adapter.class)
    record CharLocation(JsonObject json) implements DocumentLocation {

        public OptionalLong startCharIndex() {
            return Fields.number(json, "start_char_index");
        }

        public OptionalLong endCharIndex() {
            return Fields.number(json, "end_char_index");
        }
    }

    @JsonbTypeAdapter(Citation.Adapter.class)
    record PageLocation(JsonObject json) implements DocumentLocation {

        public OptionalLong startPageNumber() {
            return Fields.number(json, "start_page_number");
        }

        public OptionalLong endPageNumber() {
            return Fields.number(json, "end_page_number");
        }
    }

    @JsonbTypeAdapter(Citation.Adapter.class)
    record ContentBlockLocation(JsonObject json) implements DocumentLocation {

        public OptionalLong startBlockIndex() {
            return Fields.number(json, "start_block_index");
        }

        public OptionalLong endBlockIndex() {
            return Fields.number(json, "end_block_index");
        }
    }

    @JsonbTypeAdapter(Citation.Adapter.class)
    record WebSearchResultLocation(JsonObject json) implements Citation {

        public String url() {
            return Fields.textOrEmpty(json, "url");
        }

        public Optional<String> title() {
            return Fields.text(json, "title");
        }

        /** Returns the encrypted index. Send it back unchanged when the conversation continues. */
        public String encryptedIndex() {
            return Fields.textOrEmpty(json, "encrypted_index");
        }
    }

    @JsonbTypeAdapter(Citation.Adapter.class)
    record SearchResultLocation(JsonObject json) implements Citation {

        public String source() {
            return Fields.textOrEmpty(json, "source");
        }

        public Optional<String> title() {
            return Fields.text(json, "title");
        }

        public OptionalLong searchResultIndex() {
            return Fields.number(json, "search_result_index");
        }

        public OptionalLong startBlockIndex() {
            return Fields.number(json, "start_block_index");
        }

        public OptionalLong endBlockIndex() {
            return Fields.number(json, "end_block_index");
        }
    }

    /** A citation of an unknown type. */
    @JsonbTypeAdapter(Citation.Adapter.class)
    record Unknown(JsonObject json) implements Citation {}

    /** For JSON-B. */
    final class Adapter extends JsonBacked.Adapter<Citation> {

        public Adapter() {
            super(Citation.class);
        }
    }
}
