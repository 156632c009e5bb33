package io.github.claudejakarta.runtime;

/** The text of a failure in messages and log lines. */
public final class FailureText {

    private FailureText() {}

    /** Returns the message of a failure. Failures of sockets may have none: then returns the name of the class. */
    public static String of(Throwable failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
