package io.github.claudejakarta.simulator;

import jakarta.json.JsonObject;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What tests say to a simulator about batches. */
record BatchClient(Client client) {

    static final String PATH = "/v1/messages/batches";

    static BatchClient of(Simulator simulator) {
        return new BatchClient(Client.of(simulator));
    }

    /** The body of a creation: the first prompt belongs to {@code c0}, the next to {@code c1}, and so on. */
    static String body(String... prompts) {
        return envelope(IntStream.range(0, prompts.length)
                .mapToObj(index -> item("c" + index, Client.body(prompts[index], false))));
    }

    static String envelope(Stream<String> items) {
        return items.collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }

    static String item(String id, String params) {
        return "{\"custom_id\":\"" + id + "\",\"params\":" + params + "}";
    }

    HttpResponse<String> post(String body) throws Exception {
        return client.send(client.request(PATH).POST(BodyPublishers.ofString(body)));
    }

    /** Creates a batch, and says its id. */
    String create(String... prompts) throws Exception {
        return Client.json(post(body(prompts)).body()).getString("id");
    }

    HttpResponse<String> poll(String id) throws Exception {
        return client.get(PATH + "/" + id);
    }

    JsonObject batch(String id) throws Exception {
        return Client.json(poll(id).body());
    }

    HttpResponse<String> cancel(String id) throws Exception {
        return client.send(client.request(PATH + "/" + id + "/cancel").POST(BodyPublishers.noBody()));
    }

    HttpResponse<String> delete(String id) throws Exception {
        return client.send(client.request(PATH + "/" + id).DELETE());
    }

    HttpResponse<String> results(String id) throws Exception {
        return client.get(PATH + "/" + id + "/results");
    }

    HttpResponse<InputStream> openResults(String id) throws Exception {
        return client.http().send(client.request(PATH + "/" + id + "/results").build(), BodyHandlers.ofInputStream());
    }

    List<JsonObject> lines(String id) throws Exception {
        return results(id).body().lines().map(Client::json).toList();
    }

    /** The result of the request of this id. */
    JsonObject result(String id, String customId) throws Exception {
        return lines(id).stream()
                .filter(line -> line.getString("custom_id").equals(customId))
                .map(line -> line.getJsonObject("result"))
                .findFirst()
                .orElseThrow();
    }

    /** The type of the error of the request of this id. */
    String errorType(String id, String customId) throws Exception {
        return result(id, customId)
                .getJsonObject("error")
                .getJsonObject("error")
                .getString("type");
    }
}
