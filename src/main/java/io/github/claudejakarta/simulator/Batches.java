package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import java.io.IOException;
import java.time.Clock;

/** Answers requests that concern batches. */
final class Batches {

    static final String PATH = "/v1/messages/batches";

    private final BatchStore store;
    private final Failures failures;
    private final Replies replies;
    private final Limits limits;
    private final Clock clock;

    Batches(BatchStore store, Failures failures, Replies replies, Limits limits, Clock clock) {
        this.store = store;
        this.failures = failures;
        this.replies = replies;
        this.limits = limits;
        this.clock = clock;
    }

    void answer(HttpRequest request, HttpResponse response) throws IOException {
        var path = request.path();
        if (path.equals(PATH)) {
            answerAll(request, response);
            return;
        }
        var names = path.substring(PATH.length() + 1).split("/", -1);
        if (names.length == 1) {
            answerOne(names[0], request, response);
        } else if (names.length == 2 && names[1].equals("cancel")) {
            Dispatcher.requireMethod("POST", request);
            cancel(find(names[0]), request, response);
        } else if (names.length == 2 && names[1].equals("results")) {
            Dispatcher.requireMethod("GET", request);
            sendResults(find(names[0]), response);
        } else {
            throw new ApiError(404, "Not found");
        }
    }

    private void answerAll(HttpRequest request, HttpResponse response) throws IOException {
        if (request.method().equals("GET")) {
            var visible = store.newestFirst().stream()
                    .filter(batch -> !batch.isHidden())
                    .toList();
            var page = new Page<>("message_batch", visible, Batch::id, batch -> batch.json(host(request)));
            Dispatcher.send(page.answer(request), response);
        } else {
            Dispatcher.requireMethod("POST", request);
            create(request, response);
        }
    }

    private void answerOne(String id, HttpRequest request, HttpResponse response) throws IOException {
        if (request.method().equals("GET")) {
            poll(find(id), request, response);
        } else {
            Dispatcher.requireMethod("DELETE", request);
            delete(find(id), response);
        }
    }

    private Batch find(String id) {
        return store.find(id)
                .filter(batch -> !batch.isHidden())
                .orElseThrow(() -> new ApiError(404, "message_batch: " + id));
    }

    private void create(HttpRequest request, HttpResponse response) throws IOException {
        MessageParams.checkContentType(request);
        var version = MessageParams.version(request);
        var requests = BatchRequest.allOf(request.body(), limits.batches().maxRequests());
        var script = BatchScript.of(requests.get(0), failures);
        var error = script.creationError();
        if (error.isPresent()) {
            throw error.get().withHeadersIn(response);
        }
        if (script.losesRequest()) {
            response.cut(true);
            return;
        }
        var worker = new BatchWorker(version, limits.maxBody(), failures, replies);
        var batch = new Batch(
                requests,
                script,
                worker,
                limits.batches().withLife(replies.life(limits.batches().life())),
                clock);
        var created = batch.created(host(request));
        store.add(batch);
        response.pause(script.answerDelay());
        if (script.losesAnswer()) {
            response.cut(true);
        } else {
            Dispatcher.send(created, response);
        }
    }

    private static void poll(Batch batch, HttpRequest request, HttpResponse response) throws IOException {
        var error = batch.script().pollError();
        if (error.isPresent()) {
            throw error.get().withHeadersIn(response);
        }
        Dispatcher.send(batch.json(host(request)), response);
    }

    private static void cancel(Batch batch, HttpRequest request, HttpResponse response) throws IOException {
        batch.cancel();
        Dispatcher.send(batch.json(host(request)), response);
    }

    private void delete(Batch batch, HttpResponse response) throws IOException {
        if (!batch.isEnded()) {
            throw new ApiError(400, "Message Batch " + batch.id() + " cannot be deleted before it has ended");
        }
        store.remove(batch);
        var deleted = PROVIDER.createObjectBuilder().add("id", batch.id()).add("type", "message_batch_deleted");
        Dispatcher.send(deleted.build(), response);
    }

    private static void sendResults(Batch batch, HttpResponse response) throws IOException {
        if (!batch.hasResults()) {
            throw new ApiError(404, "Message Batch " + batch.id() + " has no available results");
        }
        new BatchDownload(batch).send(response);
    }

    private static String host(HttpRequest request) {
        return request.header("host").orElse("127.0.0.1");
    }
}
