package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.function.Function;

/**
 * A list that is returned in pages.
 *
 * @param kind the name of an item in the error for an unknown id
 */
record Page<T>(String kind, List<T> all, Function<T, String> id, Function<T, JsonObject> json) {

    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 1_000;

    JsonObject answer(HttpRequest request) {
        var limit = limit(request);
        var from =
                request.parameter("after_id").map(after -> indexOf(after) + 1).orElse(0);
        var to = request.parameter("before_id").map(this::indexOf).orElse(all.size());
        var isBackward = request.parameter("before_id").isPresent();
        var rest = all.subList(Math.min(from, to), to);
        var hasMore = rest.size() > limit;
        if (hasMore) {
            rest = isBackward ? rest.subList(rest.size() - limit, rest.size()) : rest.subList(0, limit);
        }
        return PROVIDER.createObjectBuilder()
                .add("data", PROVIDER.createArrayBuilder(rest.stream().map(json).toList()))
                .add("has_more", hasMore)
                .add("first_id", rest.isEmpty() ? JsonValue.NULL : idOf(rest.get(0)))
                .add("last_id", rest.isEmpty() ? JsonValue.NULL : idOf(rest.get(rest.size() - 1)))
                .build();
    }

    T find(String wanted) {
        return all.get(indexOf(wanted));
    }

    private JsonValue idOf(T item) {
        return PROVIDER.createValue(id.apply(item));
    }

    private static int limit(HttpRequest request) {
        try {
            var limit = request.parameter("limit").map(Integer::parseInt).orElse(DEFAULT_LIMIT);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // The error is the same for numbers outside of the range.
        }
        throw new ApiError(400, "limit: Input should be between 1 and " + MAX_LIMIT);
    }

    private int indexOf(String wanted) {
        for (var index = 0; index < all.size(); index++) {
            if (id.apply(all.get(index)).equals(wanted)) {
                return index;
            }
        }
        throw new ApiError(404, kind + ": " + wanted);
    }
}
