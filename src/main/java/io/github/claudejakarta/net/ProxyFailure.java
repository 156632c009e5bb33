package io.github.claudejakarta.net;

import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** A proxy did not lead to its target. Nothing of the request was sent to the target. */
public final class ProxyFailure extends IOException {

    private static final long serialVersionUID = 1;
    private static final int MAX_CAUSES = 20;

    /** What may be expected of another attempt. */
    public enum Kind {
        /** The proxy could not be reached or could not reach the target, which may pass. */
        PASSING,
        /** The proxy does not speak HTTP as it should. */
        BROKEN,
        /** The proxy refuses, and will do so again: its credentials or its rules have to be changed. */
        REFUSED
    }

    private final Kind kind;
    private final boolean isOfProxyItself;
    private final String what;

    /** @param isOfProxyItself whether it would be the same with every target */
    ProxyFailure(HttpProxy proxy, Kind kind, boolean isOfProxyItself, String what, Throwable cause) {
        super("The proxy " + proxy + " " + what, cause);
        this.kind = kind;
        this.isOfProxyItself = isOfProxyItself;
        this.what = what;
    }

    /** Returns what may be expected of another attempt. */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns whether the failure says nothing about the target: the proxy could not be reached, or did not accept the
     * credentials.
     */
    public boolean isOfProxyItself() {
        return isOfProxyItself;
    }

    /** Returns what the proxy did, without its address: a sentence whose subject is the proxy. */
    public String what() {
        return what;
    }

    /** Returns the proxy's failure among the causes of an exception. */
    public static Optional<ProxyFailure> in(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .limit(MAX_CAUSES)
                .filter(ProxyFailure.class::isInstance)
                .map(ProxyFailure.class::cast)
                .findFirst();
    }
}
