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

/** A client of a simulator for batches. */
record BatchClient(Client client) {

    static final String PATH = "/v1/messages/batches";

    static BatchClient of(Simulator simulator) {
        return new BatchClient(Client.of(simulator));
    }

    /** Returns the body that creates a batch. The ids of the requests are {@code c0}, {@code c1} and so on. */
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

    /** Creates a batch, and returns its id. */
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

    /** Returns the result of the request with this id. */
    JsonObject result(String id, String customId) throws Exception {
        return lines(id).stream()
                .filter(line -> line.getString("custom_id").equals(customId))
                .map(line -> line.getJsonObject("result"))
                .findFirst()
                .orElseThrow();
    }

    /** Returns the error type of the request with this id. */
    String errorType(String id, String customId) throws Exception {
        return result(id, customId)
                .getJsonObject("error")
                .getJsonObject("error")
                .getString("type");
    }
}
