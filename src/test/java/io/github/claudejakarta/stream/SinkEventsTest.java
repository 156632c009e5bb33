package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Events for a JAX-RS that writes line breaks correctly. {@code InjectionIT} tests RESTEasy. */
class SinkEventsTest {

    private final SinkEvents events = new SinkEvents(new FakeEventSource());

    @Test
    void otherImplementationsGetTheDataUnchanged() {
        var event = events.event(Optional.of("7"), BroadcastEvent.of("piece", "\na\n\nb\n"));

        assertThat(event.getId()).isEqualTo("7");
        assertThat(event.getName()).isEqualTo("piece");
        assertThat(event.getData()).isEqualTo("\na\n\nb\n");
    }

    @Test
    void anUnnamedEventWithoutIdHasNeither() {
        var event = events.event(Optional.empty(), BroadcastEvent.of("\n\n"));

        assertThat(event.getId()).isNull();
        assertThat(event.getName()).isNull();
        assertThat(event.getData()).isEqualTo("\n\n");
    }
}
