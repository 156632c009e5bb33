package io.github.claudejakarta.simulator;

import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Identifiers that look like Claude's. */
final class Ids {

    private static final String ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private Ids() {}

    /** The prefix is {@code msg}, {@code toolu}, {@code req} or {@code msgbatch}. */
    static String next(String prefix) {
        return next(prefix, ThreadLocalRandom.current());
    }

    /** One that the generator alone decides. */
    static String next(String prefix, RandomGenerator random) {
        return prefix + "_01"
                + random.ints(22, 0, ALPHABET.length())
                        .mapToObj(index -> ALPHABET.substring(index, index + 1))
                        .collect(Collectors.joining());
    }
}
