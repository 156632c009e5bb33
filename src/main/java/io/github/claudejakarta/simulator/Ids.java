package io.github.claudejakarta.simulator;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Generates ids in Claude's format. */
final class Ids {

    private static final String ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private Ids() {}

    /**
     * Returns a random id.
     *
     * @param prefix {@code msg}, {@code toolu}, {@code req} or {@code msgbatch}
     */
    static String next(String prefix) {
        return next(prefix, ThreadLocalRandom.current());
    }

    /** Returns an id that depends only on the prefix and the generator. */
    static String next(String prefix, RandomGenerator random) {
        return prefix + "_01"
                + random.ints(22, 0, ALPHABET.length())
                        .mapToObj(index -> ALPHABET.substring(index, index + 1))
                        .collect(Collectors.joining());
    }
}
