package io.github.claudejakarta.batch;

/**
 * A set of {@code custom_id}s that stores 16 bytes for each: a hash of 128 bits. Among some million ids, two with the
 * same hash are less likely than a memory error.
 */
final class IdSet {

    private static final long FIRST_SEED = 0xcbf29ce484222325L;
    private static final long SECOND_SEED = 0x9ae16a3b2f90404fL;
    private static final long FIRST_FACTOR = 0x100000001b3L;
    private static final long SECOND_FACTOR = 0xff51afd7ed558ccdL;
    private static final int MIN_CAPACITY = 64;

    private long[] slots = new long[2 * MIN_CAPACITY];
    private int size;

    static IdSet of(Iterable<String> ids) {
        var set = new IdSet();
        ids.forEach(set::add);
        return set;
    }

    /**
     * Adds an id.
     *
     * @return whether the set did not contain it
     */
    boolean add(String id) {
        if (2 * (size + 1) > slots.length / 2) {
            grow();
        }
        boolean isNew = put(slots, hash(id, FIRST_SEED, FIRST_FACTOR), hash(id, SECOND_SEED, SECOND_FACTOR));
        size += isNew ? 1 : 0;
        return isNew;
    }

    boolean contains(String id) {
        long first = hash(id, FIRST_SEED, FIRST_FACTOR);
        long second = hash(id, SECOND_SEED, SECOND_FACTOR);
        int at = slot(slots, first);
        while (slots[at] != 0) {
            if (slots[at] == first && slots[at + 1] == second) {
                return true;
            }
            at = (at + 2) & (slots.length - 1);
        }
        return false;
    }

    int size() {
        return size;
    }

    private void grow() {
        var larger = new long[2 * slots.length];
        for (int at = 0; at < slots.length; at += 2) {
            if (slots[at] != 0) {
                put(larger, slots[at], slots[at + 1]);
            }
        }
        slots = larger;
    }

    private static boolean put(long[] slots, long first, long second) {
        int at = slot(slots, first);
        while (slots[at] != 0) {
            if (slots[at] == first && slots[at + 1] == second) {
                return false;
            }
            at = (at + 2) & (slots.length - 1);
        }
        slots[at] = first;
        slots[at + 1] = second;
        return true;
    }

    private static int slot(long[] slots, long first) {
        return 2 * (int) (first & (slots.length / 2 - 1));
    }

    /** Returns a hash that is never 0, because 0 marks an empty slot. */
    private static long hash(String id, long seed, long factor) {
        long hash = seed;
        for (int i = 0; i < id.length(); i++) {
            hash = (hash ^ id.charAt(i)) * factor;
            hash ^= hash >>> 32;
        }
        return hash == 0 ? 1 : hash;
    }
}
