package io.github.claudejakarta.observe;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Limits how many values an attribute of a metric can have. Each value is a time series that is kept for as long as the
 * server runs, and some names come from outside: callers with JWTs, models behind a gateway. The first names are
 * reported as they are, all later ones as {@value #OTHERS}.
 *
 * <p>Safe for use by many threads.
 */
final class BoundedNames {

    static final String OTHERS = "(others)";

    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final int limit;

    /** Reports up to {@code limit} names, whichever come first. */
    BoundedNames(int limit) {
        this(Set.of(), limit);
    }

    /** Reports the given names whenever they come, and up to {@code limit} others. */
    BoundedNames(Collection<String> always, int limit) {
        this.names.addAll(always);
        this.limit = names.size() + limit;
    }

    /** Returns the name, or {@value #OTHERS} if it is one too many. */
    String of(String name) {
        return names.contains(name) || add(name) ? name : OTHERS;
    }

    private synchronized boolean add(String name) {
        return names.contains(name) || names.size() < limit && names.add(name);
    }
}
