package io.github.claudejakarta.observe;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Limits the number of values of a metric's attribute. Each value is a time series that exists until the server stops,
 * and some names come from outside: callers with JWTs, models behind a gateway. The first names are reported unchanged,
 * all later names as {@value #OTHERS}.
 *
 * <p>Safe for use by many threads.
 */
final class BoundedNames {

    static final String OTHERS = "(others)";

    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final int limit;

    /** Reports the first {@code limit} names. */
    BoundedNames(int limit) {
        this(Set.of(), limit);
    }

    /** Reports the given names always, and the first {@code limit} other names. */
    BoundedNames(Collection<String> always, int limit) {
        this.names.addAll(always);
        this.limit = names.size() + limit;
    }

    /** Returns the name, or {@value #OTHERS} if it exceeds the limit. */
    String of(String name) {
        return names.contains(name) || add(name) ? name : OTHERS;
    }

    private synchronized boolean add(String name) {
        return names.contains(name) || names.size() < limit && names.add(name);
    }
}
