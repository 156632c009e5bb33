package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.core.SecurityContext;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link Caller} and {@link Clients}. */
class CallersTest {

    @Test
    void aCallerSeesOnlyItsOwn() {
        var alice = new Caller("alice", false);

        assertThat(alice.canSee("alice")).isTrue();
        assertThat(alice.canSee("bob")).isFalse();
        assertThat(alice.getName()).isEqualTo("alice");
    }

    @Test
    void anAdminSeesEverything() {
        assertThat(new Caller("root", true).canSee("alice")).isTrue();
    }

    @Test
    void theCallerIsTheRequestsPrincipal() {
        var alice = new Caller("alice", false);

        assertThat(Caller.of(security(alice))).isSameAs(alice);
        assertThat(Caller.of(security(null))).isEqualTo(Caller.LOCAL);
        assertThat(Caller.of(security(() -> "somebody else"))).isEqualTo(Caller.LOCAL);
    }

    @Test
    void aClientIsIdentifiedByTheHashOfItsKey() throws Exception {
        var alice = new Caller("alice", false);
        var bob = new Caller("bob", true);
        var clients = new Clients(List.of(key("a-1", alice), key("a-2", alice), key("b", bob)));

        assertThat(clients.areConfigured()).isTrue();
        assertThat(clients.callerWith("a-1")).contains(alice);
        assertThat(clients.callerWith("a-2")).contains(alice);
        assertThat(clients.callerWith("b")).contains(bob);
        assertThat(clients.callerWith("c")).isEmpty();
        assertThat(clients.callerWith("")).isEmpty();
    }

    @Test
    void withoutKeysNoKeyIsNeeded() {
        assertThat(new Clients(List.of()).areConfigured()).isFalse();
    }

    private static Clients.Key key(String key, Caller caller) throws Exception {
        return new Clients.Key(
                MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)), caller);
    }

    private static SecurityContext security(Principal principal) {
        return (SecurityContext) Proxy.newProxyInstance(
                CallersTest.class.getClassLoader(),
                new Class<?>[] {SecurityContext.class},
                (proxy, method, arguments) -> method.getName().equals("getUserPrincipal") ? principal : null);
    }
}
