package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A plain-text document of the prompt that can be cited.
 *
 * @param index the position among all documents of the request
 */
record Document(int index, Optional<String> title, String text) {

    private static final Pattern SENTENCE = Pattern.compile("\\S[^.!?]*[.!?]?");

    /** Returns empty for other documents, such as PDFs, and for documents without citations. */
    static Optional<Document> of(int index, JsonObject block) {
        var isCitable =
                block.get("citations") instanceof JsonObject citations && citations.getBoolean("enabled", false);
        return isCitable
                        && block.get("source") instanceof JsonObject source
                        && source.get("data") instanceof JsonString text
                        && source.getString("type", "").equals("text")
                        && !text.getString().isBlank()
                ? Optional.of(
                        new Document(index, Optional.ofNullable(block.getString("title", null)), text.getString()))
                : Optional.empty();
    }

    /** Returns a citation of the first sentence. */
    JsonObject citation() {
        var found = SENTENCE.matcher(text);
        found.find();
        return PROVIDER.createObjectBuilder()
                .add("type", "char_location")
                .add("cited_text", found.group())
                .add("document_index", index)
                .add(
                        "document_title",
                        title.<JsonValue>map(PROVIDER::createValue).orElse(JsonValue.NULL))
                .add("start_char_index", found.start())
                .add("end_char_index", found.end())
                .addNull("file_id")
                .build();
    }
}
