package io.github.claudejakarta.web;

import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;

/**
 * The authenticated caller of {@code /v1}. Streams, jobs and batches belong to the caller that created them, and other
 * callers except admins get 404 for them.
 *
 * @param name the name of the client in the configuration, of the principal in a token, or of {@link #LOCAL}
 * @param isAdmin whether the caller may see the resources of all callers
 */
public record Caller(String name, boolean isAdmin) implements Principal {

    /** The maximum length of a name in characters, which is the width of its column in the database. */
    public static final int MAX_NAME_LENGTH = 255;

    /** Every process on this machine, and the application's own beans, when no clients are configured. */
    public static final Caller LOCAL = new Caller("local", false);

    /** The application itself, which sees the resources of all callers. */
    public static final Caller EVERYBODY = new Caller(LOCAL.name(), true);

    /** Returns the caller of a request that passed the authentication filter. */
    public static Caller of(SecurityContext security) {
        return security.getUserPrincipal() instanceof Caller caller ? caller : LOCAL;
    }

    /** Returns whether a caller may have this name: it must fit in the database, and be unambiguous in a log. */
    public static boolean isValidName(String name) {
        return !name.isBlank()
                && name.length() <= MAX_NAME_LENGTH
                && name.chars().noneMatch(Character::isISOControl);
    }

    /** Returns whether the caller may see the resources of this owner. */
    public boolean canSee(String owner) {
        return isAdmin || name.equals(owner);
    }

    @Override
    public String getName() {
        return name;
    }
}
