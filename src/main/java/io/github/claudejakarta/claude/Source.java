package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import java.net.URI;

/** Builds the {@code source} of an image or document. */
final class Source {

    private Source() {}

    static JsonObject ofBase64(String mediaType, String data) {
        return JsonText.builder()
                .add("type", "base64")
                .add("media_type", mediaType)
                .add("data", data)
                .build();
    }

    static JsonObject ofUrl(URI url) {
        return JsonText.builder().add("type", "url").add("url", url.toString()).build();
    }

    static JsonObject ofFile(String id) {
        return JsonText.builder().add("type", "file").add("file_id", id).build();
    }
}
