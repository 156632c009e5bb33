package io.github.claudejakarta.webhook;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.util.Optional;

/**
 * The receiver of a callback, and the state of its latest delivery.
 *
 * @param latest the delivery that was sent or waits to be sent; empty before the first end
 */
@PublicApi
public record Callback(URI url, Optional<Delivery> latest) {

    /** Returns the JSON that is part of a job or a batch. */
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
