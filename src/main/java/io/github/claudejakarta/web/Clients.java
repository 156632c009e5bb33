package io.github.claudejakarta.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The configured clients, identified by the SHA-256 of their keys ({@code claude.clients.<name>.key-sha256} and
 * {@code .role}). Without configured clients, the server accepts requests from this machine only.
 */
public final class Clients {

    /** One key of one client. */
    public record Key(byte[] sha256, Caller caller) {}

    private final List<Key> keys;

    public Clients(List<Key> keys) {
        this.keys = List.copyOf(keys);
    }

    /** Returns whether requests need a key. */
    public boolean areConfigured() {
        return !keys.isEmpty();
    }

    /** Returns the names of the configured clients. */
    public Set<String> names() {
        return keys.stream().map(key -> key.caller().name()).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Returns the caller that has this key. The key is compared with every configured key, each in constant time, so
     * that the duration reveals nothing.
     */
    public Optional<Caller> callerWith(String key) {
        byte[] hash = sha256(key);
        Caller found = null;
        for (Key known : keys) {
            if (MessageDigest.isEqual(hash, known.sha256())) {
                found = known.caller();
            }
        }
        return Optional.ofNullable(found);
    }

    private static byte[] sha256(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
