package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A page of a list, as Anthropic pages: {@code limit}, {@code after_id}, {@code before_id}, newest first.
 *
 * @param items what is on the page
 * @param hasMore whether there is more in the direction asked for
 */
public record Page<T>(List<T> items, boolean hasMore) {

    private static final int USUAL = 20;
    private static final int LARGEST = 1000;

    /**
     * @throws ClaudeException {@code invalid_request_error} for a limit that is none, or an id that is not in the list
     */
    public static <T> Page<T> of(List<T> all, Function<T, String> id, String limit, String afterId, String beforeId) {
        return of(all, id, limit(limit), afterId, beforeId);
    }

    /** @throws ClaudeException {@code invalid_request_error} for a limit that is none */
    public static int limit(String text) {
        if (text == null) {
            return USUAL;
        }
        if (!text.matches("[0-9]{1,4}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > LARGEST) {
            throw invalid("limit: Input should be a whole number between 1 and " + LARGEST);
        }
        return Integer.parseInt(text);
    }

    private static <T> Page<T> of(List<T> all, Function<T, String> id, int limit, String afterId, String beforeId) {
        requireOne(afterId, beforeId);
        if (beforeId != null) {
            int to = indexOf(all, id, beforeId, "before_id");
            int from = Math.max(0, to - limit);
            return new Page<>(all.subList(from, to), from > 0);
        }
        int from = afterId == null ? 0 : indexOf(all, id, afterId, "after_id") + 1;
        int to = Math.min(all.size(), from + limit);
        return new Page<>(all.subList(from, to), to < all.size());
    }

    /** @throws ClaudeException {@code invalid_request_error} where both are given */
    public static void requireOne(String afterId, String beforeId) {
        if (afterId != null && beforeId != null) {
            throw invalid("after_id and before_id: only one of them can be given");
        }
    }

    private static <T> int indexOf(List<T> all, Function<T, String> id, String wanted, String parameter) {
        return IntStream.range(0, all.size())
                .filter(i -> id.apply(all.get(i)).equals(wanted))
                .findFirst()
                .orElseThrow(() -> invalid(parameter + ": there is no " + wanted));
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    /** {@code {"data":[...],"has_more","first_id","last_id"}}. */
    public JsonObject json(Function<T, String> id, Function<T, JsonObject> item) {
        JsonArrayBuilder data = Json.createArrayBuilder();
        items.forEach(one -> data.add(item.apply(one)));
        return Json.createObjectBuilder()
                .add("data", data)
                .add("has_more", hasMore)
                .add("first_id", items.isEmpty() ? JsonValue.NULL : Json.createValue(id.apply(items.get(0))))
                .add(
                        "last_id",
                        items.isEmpty() ? JsonValue.NULL : Json.createValue(id.apply(items.get(items.size() - 1))))
                .build();
    }
}
