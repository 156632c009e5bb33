package io.github.claudejakarta.web;

import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;

/**
 * Who calls {@code /v1}. What a caller makes belongs to the caller, and is not there for any other.
 *
 * @param name of the client in the configuration, of the principal in a token, or {@link #LOCAL}'s
 * @param isAdmin whether everything is there for this caller
 */
public record Caller(String name, boolean isAdmin) implements Principal {

    /** What the database keeps of a name, in characters. */
    public static final int LONGEST_NAME = 255;

    /** Everybody on this machine, the application's own beans included, where no clients are configured. */
    public static final Caller LOCAL = new Caller("local", false);

    /** The application itself, which sees what all callers have made. */
    public static final Caller EVERYBODY = new Caller(LOCAL.name(), true);

    /** The caller of a request that the filter has let in. */
    public static Caller of(SecurityContext security) {
        return security.getUserPrincipal() instanceof Caller caller ? caller : LOCAL;
    }

    /** Whether this can be kept, and told apart from others in a log. */
    public static boolean mayBeCalled(String name) {
        return !name.isBlank() && name.length() <= LONGEST_NAME && name.chars().noneMatch(Character::isISOControl);
    }

    /** Whether what belongs to this owner is there for the caller. */
    public boolean sees(String owner) {
        return isAdmin || name.equals(owner);
    }

    @Override
    public String getName() {
        return name;
    }
}
