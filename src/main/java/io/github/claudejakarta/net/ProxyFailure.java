package io.github.claudejakarta.net;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** A failure to reach a target through a proxy. Nothing of the request was sent to the target. */
public final class ProxyFailure extends IOException {

    private static final long serialVersionUID = 1;
    private static final int MAX_CAUSES = 20;

    /** Whether another attempt may succeed, and why not. */
    public enum Kind {
        /** The proxy could not be reached, or could not reach the target. Another attempt may succeed. */
        TRANSIENT,
        /** The proxy does not speak HTTP correctly. */
        BROKEN,
        /** The proxy rejects the request, and will reject it again until its credentials or its rules are changed. */
        REFUSED
    }

    private final Kind kind;
    private final boolean isProxyFault;
    private final String description;

    /** @param isProxyFault whether the failure would be the same with every target */
    ProxyFailure(HttpProxy proxy, Kind kind, boolean isProxyFault, String description, Throwable cause) {
        super("The proxy " + proxy + " " + description, cause);
        this.kind = kind;
        this.isProxyFault = isProxyFault;
        this.description = description;
    }

    /** Returns whether another attempt may succeed, and why not. */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns whether the failure is independent of the target: the proxy could not be reached, or rejected the
     * credentials.
     */
    public boolean isProxyFault() {
        return isProxyFault;
    }

    /** Returns a description without the proxy's address: the rest of a sentence whose subject is the proxy. */
    public String description() {
        return description;
    }

    /** Returns the proxy failure among the causes of an exception. */
    public static Optional<ProxyFailure> in(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .limit(MAX_CAUSES)
                .filter(ProxyFailure.class::isInstance)
                .map(ProxyFailure.class::cast)
                .findFirst();
    }
}
