package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

/** A server that has none of the resources that this application looks for. */
class PortableServerTest {

    private final PortableServer server = new PortableServer();

    @Test
    void exceptionsNameTheMissingResource() {
        assertThatIllegalStateException()
                .isThrownBy(server::virtualThreads)
                .withMessageContaining("concurrent/claude-virtual, concurrent/claude-platform, java:comp/Default");
        assertThatIllegalStateException()
                .isThrownBy(server::platformThreads)
                .withMessageContaining("[concurrent/claude-platform, java:comp/Default");
        assertThatIllegalStateException()
                .isThrownBy(() -> server.dataSource("jdbc/other"))
                .withMessageContaining("jdbc/other");
        assertThat(server.applicationName()).isEmpty();
    }

    @Test
    void aThreadWithoutATransactionIsNotActive() {
        assertThat(server.currentTransaction().isActive()).isFalse();
    }
}
