package io.github.claudejakarta.durable;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The name of the application that rows and tasks belong to ({@code claude.application}). Applications that share a
 * database see and run only their own; the servers of one application have the same name and share its rows.
 *
 * <p>The name has no character that SQL or a task's name would have to escape.
 *
 * @param value 1 to 64 letters of ASCII, digits, {@code -}, {@code _} and {@code .}
 */
public record ApplicationName(String value) {

    /** The longest name, in characters. */
    public static final int MAX_LENGTH = 64;

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_LENGTH + "}");
    private static final Pattern NOT_ALLOWED = Pattern.compile("[^A-Za-z0-9._-]");
    private static final int HASH_DIGITS = 8;
    private static final char OF_TASK = '/';

    /** The name where nothing gives another: outside of an application server. After the patterns that check it. */
    public static final ApplicationName DEFAULT = new ApplicationName("claude-jakarta");

    /** @throws IllegalArgumentException if the name has other characters, is empty or is too long */
    public ApplicationName {
        if (!ALLOWED.matcher(value).matches()) {
            throw new IllegalArgumentException("claude.application must have 1 to " + MAX_LENGTH
                    + " letters (a-z, A-Z), digits, \"-\", \"_\" and \".\"; it is \"" + value + "\"");
        }
    }

    /**
     * Returns the name for an application that the server calls so. Other characters become {@code _}, and a name that
     * is too long is cut. A name that was changed so ends with a checksum of all of it, and stays apart from others.
     * The result is the same on each server.
     *
     * @param name not empty
     */
    public static ApplicationName ofServer(String name) {
        String allowed = NOT_ALLOWED.matcher(name).replaceAll("_");
        if (allowed.equals(name) && name.length() <= MAX_LENGTH) {
            return new ApplicationName(name);
        }
        var checksum = new CRC32();
        checksum.update(name.getBytes(StandardCharsets.UTF_8));
        String beginning = allowed.substring(0, Math.min(allowed.length(), MAX_LENGTH - HASH_DIGITS - 1));
        return new ApplicationName(beginning + "-%08x".formatted(checksum.getValue()));
    }

    /** Returns the name of this application's tasks of one kind. */
    String task(String kind) {
        return value + OF_TASK + kind;
    }

    @Override
    public String toString() {
        return value;
    }
}
