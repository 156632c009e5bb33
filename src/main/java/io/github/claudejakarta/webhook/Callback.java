package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.util.Optional;

/**
 * Who is told of an end, and how that stands.
 *
 * @param latest what was sent, or is to be; empty before the first end
 */
@PublicApi
public record Callback(URI url, Optional<Delivery> latest) {

    /** As it stands in the JSON of what ends. */
    public JsonObject json() {
        return Json.createObjectBuilder()
                .add("url", url.toString())
                .add(
                        "status",
                        latest.map(delivery -> delivery.status().toString()).orElse("waiting"))
                .add(
                        "delivery_id",
                        latest.map(delivery -> (JsonValue) Json.createValue(delivery.id()))
                                .orElse(JsonValue.NULL))
                .add("attempts", latest.map(Delivery::attempts).orElse(0))
                .build();
    }
}
