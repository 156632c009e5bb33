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
 * A page of a list, with Anthropic's paging: {@code limit}, {@code after_id}, {@code before_id}, newest first.
 *
 * @param items the items of the page
 * @param hasMore whether the list has more items in the direction of the request
 */
public record Page<T>(List<T> items, boolean hasMore) {

    /**
     * Cuts a page out of a list that is in memory.
     *
     * @throws ClaudeException {@code invalid_request_error} for an id that is not in the list
     */
    public static <T> Page<T> of(List<T> all, Function<T, String> id, PageRequest request) {
        if (request.before().isPresent()) {
            int to = indexOf(all, id, request.before().get(), "before_id");
            int from = Math.max(0, to - request.limit());
            return new Page<>(all.subList(from, to), from > 0);
        }
        int from = request.after()
                .map(after -> indexOf(all, id, after, "after_id") + 1)
                .orElse(0);
        int to = Math.min(all.size(), from + request.limit());
        return new Page<>(all.subList(from, to), to < all.size());
    }

    private static <T> int indexOf(List<T> all, Function<T, String> id, String wanted, String parameter) {
        return IntStream.range(0, all.size())
                .filter(i -> id.apply(all.get(i)).equals(wanted))
                .findFirst()
                .orElseThrow(() -> ClaudeException.of(
                        ErrorType.INVALID_REQUEST, parameter + ": \"" + wanted + "\" is not in the list"));
    }

    /** Returns the page as JSON: {@code {"data":[...],"has_more","first_id","last_id"}}. */
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
