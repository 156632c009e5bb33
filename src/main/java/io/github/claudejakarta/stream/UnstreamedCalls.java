package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.Model;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.http.CallSequence;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.runtime.Deadline;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.BodyReservation;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends requests whose answers are not streamed: whole messages, token counts and lists of models.
 *
 * <p>Safe for use by many threads. A shutdown ends the calls that wait for their answer.
 */
final class UnstreamedCalls {

    private static final Logger LOG = Logger.getLogger(UnstreamedCalls.class.getName());
    /** The maximum number of pages of models. A page may have 1000 models, and Claude has a few dozen. */
    private static final int MAX_PAGES = 20;

    private final UnansweredCalls unanswered;
    private final MemoryBudget memory;
    private final Watchdog watchdog;

    UnstreamedCalls(ClaudeClient client, MemoryBudget memory, Watchdog watchdog) {
        this.unanswered = new UnansweredCalls(client);
        this.memory = memory;
        this.watchdog = watchdog;
    }

    /** Ends all current and later calls with this error. Returns immediately. */
    void stop(ClaudeException why) {
        unanswered.stop(why);
    }

    /**
     * Sends a request and waits for the message.
     *
     * @param request a request for a whole message
     * @throws ClaudeException if the request fails
     */
    Message message(ClaudeRequest request) {
        try (var reservation = new BodyReservation(memory)) {
            return message(new ClaudeCall(request, reservation.waiting()));
        }
    }

    /**
     * Sends a request on another thread. The call is canceled if other code completes the stage, for example cancels
     * it.
     *
     * @param request a request for a whole message
     */
    CompletionStage<Message> message(ClaudeRequest request, Executor threads) {
        var reservation = new BodyReservation(memory);
        var call = new ClaudeCall(request, reservation.waiting());
        var future = new CompletableFuture<Message>();
        var hasAnswer = new AtomicBoolean();
        future.whenComplete((message, failure) -> {
            if (!hasAnswer.get()) {
                call.cancel();
            }
        });
        try {
            threads.execute(() -> {
                try (reservation) {
                    Message message = message(call);
                    hasAnswer.set(true);
                    future.complete(message);
                } catch (ClaudeException e) {
                    future.completeExceptionally(e);
                } catch (RuntimeException | Error e) {
                    LOG.log(Level.WARNING, "A request to Claude failed", e);
                    future.completeExceptionally(ClaudeException.of(
                                    ErrorType.API,
                                    "The request failed because of an internal error. The server's log has the cause.")
                            .withCause(e));
                }
            });
        } catch (ClaudeException e) {
            reservation.close();
            future.completeExceptionally(e);
        } catch (RuntimeException | Error e) {
            reservation.close();
            throw e;
        }
        return future;
    }

    private Message message(ClaudeCall call) {
        ClaudeAnswer.Whole answer = answer(call);
        var message = new Message(object(answer));
        if (!message.json().getString("type", "").equals("message")) {
            throw ClaudeException.ofAnswer(ErrorType.API.status(), answer.headers(), answer.text())
                    .withKind(ErrorKind.BROKEN);
        }
        return message;
    }

    /**
     * Returns the number of input tokens.
     *
     * @param request a request for a token count
     */
    long tokens(ClaudeRequest request) {
        JsonObject answer = object(answer(new ClaudeCall(request)));
        if (answer.get("input_tokens") instanceof JsonNumber tokens) {
            return tokens.longValue();
        }
        throw ClaudeException.of(
                ErrorKind.BROKEN, ErrorType.API, "Claude's answer to count_tokens has no input_tokens");
    }

    /** Reads all pages of models, in Claude's order. The time limit of the options applies to all pages together. */
    List<Model> models(RequestOptions options) {
        ClaudeRequest request = ClaudeRequest.models().with(options);
        var pages = new CallSequence();
        return within(request, pages::cancel, () -> models(request, pages));
    }

    private List<Model> models(ClaudeRequest request, CallSequence pages) {
        var models = new ArrayList<Model>();
        Optional<String> after = Optional.of("");
        for (int page = 0; page < MAX_PAGES && after.isPresent(); page++) {
            ClaudeCall call = pages.next(new ClaudeCall(request.withQuery("limit=1000" + after.get())));
            JsonObject answer = object(unanswered.answer(call).asWhole());
            models.addAll(models(answer));
            after = answer.get("has_more") == JsonValue.TRUE && answer.get("last_id") instanceof JsonString last
                    ? Optional.of("&after_id=" + URLEncoder.encode(last.getString(), StandardCharsets.UTF_8))
                    : Optional.empty();
        }
        return List.copyOf(models);
    }

    private static List<Model> models(JsonObject page) {
        if (page.get("data") instanceof JsonArray data && data.stream().allMatch(JsonObject.class::isInstance)) {
            return data.getValuesAs(JsonObject.class).stream().map(Model::new).toList();
        }
        throw ClaudeException.of(
                ErrorKind.BROKEN, ErrorType.API, "Claude's list of models has no array of objects in its field data");
    }

    private ClaudeAnswer.Whole answer(ClaudeCall call) {
        return within(
                call.request(), call::cancel, () -> unanswered.answer(call).asWhole());
    }

    /** Runs the work within the time limit of the request, if it has one. */
    private <T> T within(ClaudeRequest request, Consumer<ClaudeException> cancel, Supplier<T> work) {
        Optional<Deadline> deadline = request.timeout().map(limit -> new Deadline(watchdog, limit));
        deadline.ifPresent(one -> one.start(() -> cancel.accept(TimeLimit.exceeded(request))));
        try {
            return work.get();
        } finally {
            deadline.ifPresent(Deadline::close);
        }
    }

    private static JsonObject object(ClaudeAnswer.Whole answer) {
        return JsonText.object(answer.text())
                .orElseThrow(() ->
                        ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "Claude's answer is not a JSON object"));
    }
}
