package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.http.HttpResponse;

/** Reads the data of the health check {@code claude}. */
public final class HealthReport {

    private HealthReport() {}

    /** Returns the data of the check {@code claude} in a response that has this status. */
    public static JsonObject data(HttpResponse<String> response, int status) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        return Api.json(response.body()).getJsonArray("checks").stream()
                .map(JsonValue::asJsonObject)
                .filter(check -> check.getString("name").equals("claude"))
                .findFirst()
                .orElseThrow()
                .getJsonObject("data");
    }
}
