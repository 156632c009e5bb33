package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Submits and reads managed batches of the server under test. */
public final class ManagedBatches {

    private static final String PATH = "/v1/batches";
    private static final List<String> COUNTS = List.of("processing", "succeeded", "errored", "canceled", "expired");

    private ManagedBatches() {}

    /** A request on one line. */
    public static String item(String customId, String prompt) {
        return Json.createObjectBuilder()
                .add("custom_id", customId)
                .add("params", Api.json(Api.body(prompt)))
                .build()
                .toString();
    }

    public static HttpResponse<String> submit(String type, String body, String... headers) throws Exception {
        var all = Stream.concat(Stream.of("content-type", type), Stream.of(headers))
                .toArray(String[]::new);
        return Api.send(Api.request(PATH, all).POST(BodyPublishers.ofString(body)));
    }

    public static HttpResponse<String> submitTo(String path, String type, String body) throws Exception {
        return Api.send(Api.request(path, "content-type", type).POST(BodyPublishers.ofString(body)));
    }

    public static HttpResponse<String> post(String id, String below, String... headers) throws Exception {
        return Api.send(Api.request(PATH + "/" + id + below, headers).POST(BodyPublishers.noBody()));
    }

    public static JsonObject get(String id, String... headers) throws Exception {
        var response = Api.get(PATH + "/" + id, headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body());
    }

    /** Waits for the end of a batch, and returns the batch. */
    public static JsonObject ended(String id, String... headers) throws Exception {
        Api.await(
                "the end of " + id,
                () -> List.of("ended", "failed").contains(get(id, headers).getString("status")));
        return get(id, headers);
    }

    /** The request counts, in the order in which Claude names them. */
    public static List<Integer> counts(JsonObject batch) {
        return COUNTS.stream()
                .map(batch.getJsonObject("request_counts")::getInt)
                .toList();
    }

    /** The number of parts in this state. */
    public static long parts(String id, String state) throws Exception {
        return get(id).getJsonArray("parts").getValuesAs(JsonObject.class).stream()
                .filter(part -> part.getString("state").equals(state))
                .count();
    }

    /** The results by {@code custom_id}. Asserts that each id has one result. */
    public static Map<String, JsonObject> results(String id, String... headers) throws Exception {
        var response = Api.get(PATH + "/" + id + "/results", headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        var results = new TreeMap<String, JsonObject>();
        response.body()
                .lines()
                .map(Api::json)
                .forEach(line -> assertThat(results.put(line.getString("custom_id"), line.getJsonObject("result")))
                        .isNull());
        return results;
    }

    public static String text(JsonObject result) {
        return result.getJsonObject("message")
                .getJsonArray("content")
                .getJsonObject(0)
                .getString("text");
    }

    /** The ids of all batches, newest first. */
    public static List<String> ids() throws Exception {
        return ids("?limit=1000");
    }

    public static List<String> ids(String query, String... headers) throws Exception {
        var response = Api.get(PATH + query, headers);
        assertThat(response.statusCode()).as(response::body).isEqualTo(200);
        return Api.json(response.body()).getJsonArray("data").getValuesAs(JsonObject.class).stream()
                .map(batch -> batch.getString("id"))
                .toList();
    }

    /** Cancels running batches, and deletes all batches. */
    public static void deleteAll(String... headers) throws Exception {
        for (String id : ids("?limit=1000", headers)) {
            post(id, "/cancel", headers);
        }
        for (String id : ids("?limit=1000", headers)) {
            ended(id, headers);
            Api.delete(PATH + "/" + id, headers);
        }
    }
}
