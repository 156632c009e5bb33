package io.github.claudejakarta.lane;

/** The part of the unit tests that a JVM runs, which the build selects. */
public enum Lane {
    /** {@code mvn test}: tests without {@link Slow}. */
    FAST,
    /** In addition to the fast lane, in {@code mvn verify}: tests with {@link Slow}. */
    SLOW,
    /** Single tests, with {@code -Dtest} or in an IDE. */
    ANY;

    /** Returns the lane of this JVM. */
    public static Lane current() {
        return valueOf(System.getProperty("test.lane", ANY.name()));
    }

    /**
     * Rejects a slow operation in the fast lane.
     *
     * @throws IllegalStateException in the fast lane; its message says what to do
     */
    public void requireSlow(String what) {
        if (this == FAST) {
            throw new IllegalStateException(what + " must not run in mvn test. Mark the test with @Slow(\"" + what
                    + "\"); mvn verify then runs it");
        }
    }
}
