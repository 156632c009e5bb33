package io.github.claudejakarta.durable;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * The name of the application that owns rows and tasks ({@code claude.application}). Applications that share a database
 * each see and run only their own. The servers of one application have the same name and share its rows.
 *
 * <p>The name contains only characters that need no escaping in SQL and in a task's name.
 *
 * @param value 1 to 64 ASCII letters, digits, {@code -}, {@code _} and {@code .}
 */
public record ApplicationName(String value) {

    /** The longest name, in characters. */
    public static final int MAX_LENGTH = 64;

    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_LENGTH + "}");
    private static final Pattern NOT_ALLOWED = Pattern.compile("[^A-Za-z0-9._-]");
    private static final int HASH_DIGITS = 8;
    private static final char TASK_SEPARATOR = '/';

    /**
     * The default name, used outside an application server. Declared after the patterns, because its constructor uses
     * them.
     */
    public static final ApplicationName DEFAULT = new ApplicationName("claude-jakarta");

    /** @throws IllegalArgumentException if the name has other characters, is empty or is too long */
    public ApplicationName {
        if (!ALLOWED.matcher(value).matches()) {
            throw new IllegalArgumentException("claude.application must have 1 to " + MAX_LENGTH
                    + " letters (a-z, A-Z), digits, \"-\", \"_\" and \".\"; it is \"" + value + "\"");
        }
    }

    /**
     * Returns the name for an application that the server knows under this name. Replaces other characters by {@code _}
     * and cuts a name that is too long. A name changed in this way ends with a checksum of the original, so that
     * different applications keep different names. The result is the same on each server.
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
        return value + TASK_SEPARATOR + kind;
    }

    @Override
    public String toString() {
        return value;
    }
}
