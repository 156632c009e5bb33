package io.github.claudejakarta.simulator;

import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;

/** Identifiers that look like Claude's. */
final class Ids {

    private static final String ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private Ids() {
    }

    /** The prefix is {@code msg}, {@code toolu} or {@code req}. */
    static String next(String prefix) {
        return prefix + "_01" + ThreadLocalRandom.current().ints(22, 0, ALPHABET.length())
                .mapToObj(index -> ALPHABET.substring(index, index + 1))
                .collect(Collectors.joining());
    }
}
