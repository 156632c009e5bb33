package io.github.claudejakarta.lane;

/** The part of the unit tests that a JVM runs, as the build names it. */
public enum Lane {
    /** {@code mvn test}: what is not {@link Slow}. */
    FAST,
    /** Beside it in {@code mvn verify}: what is {@link Slow}. */
    SLOW,
    /** Single tests, by {@code -Dtest} or in an IDE. */
    ANY;

    /** Returns the lane of this JVM. */
    public static Lane current() {
        return valueOf(System.getProperty("test.lane", ANY.name()));
    }

    /**
     * Refuses something slow in the fast lane.
     *
     * @throws IllegalStateException with what to do
     */
    public void requireSlow(String what) {
        if (this == FAST) {
            throw new IllegalStateException(
                    what + " is not for mvn test. Mark the test with @Slow(\"" + what + "\"); mvn verify then runs it");
        }
    }
}
