package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.http.Sse.Event;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerSentEventTest {

    @Test
    void hasAnthropicsFraming() {
        assertThat(wire(ServerSentEvent.of("ping", "{}"))).isEqualTo("event: ping\ndata: {}\n\n");
    }

    @Test
    void hasNoEventLineWithoutAName() {
        var event = ServerSentEvent.of("", "1");

        assertThat(wire(event)).isEqualTo("data: 1\n\n");
        assertThat(event.name()).isEmpty();
        assertThat(event.data()).isEqualTo("1");
    }

    @Test
    void lineFeedsInItsDataSeparateDataLines() {
        var event = ServerSentEvent.of("a", "1\n\n2\n");

        assertThat(wire(event)).isEqualTo("event: a\ndata: 1\ndata: \ndata: 2\ndata: \n\n");
        assertThat(event.data()).isEqualTo("1\n\n2\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\r  1\r}", "{\r\n  1\r\n}"})
    void carriageReturnsInItsDataSeparateDataLinesToo(String data) {
        var event = ServerSentEvent.of("error", data);

        assertThat(Sse.read(wire(event))).containsExactly(new Event("error", "{\n  1\n}"));
        assertThat(event.data()).isEqualTo("{\n  1\n}");
    }

    @Test
    void dataThatLooksLikeAFieldIsData() {
        var event = ServerSentEvent.of("", "event: x\ndata: y\n\ndata: ");

        assertThat(event.name()).isEmpty();
        assertThat(event.data()).isEqualTo("event: x\ndata: y\n\ndata: ");
        assertThat(Sse.read(wire(event))).containsExactly(new Event("", "event: x\ndata: y\n\ndata: "));
    }

    @Test
    void isAViewOfAPartOfAnArray() {
        byte[] all = Sse.bytes("data: 0\n\nevent: a\ndata: 1\n\ndata: 2\n\n");
        var event = ServerSentEvent.in(all, 9, 27);

        assertThat(event.name()).isEqualTo("a");
        assertThat(event.data()).isEqualTo("1");
        assertThat(event.size()).isEqualTo(18);
        assertThat(wire(event)).isEqualTo("event: a\ndata: 1\n\n");
    }

    @ParameterizedTest
    @CsvSource({
        "ping,ping,true",
        "ping,pin,false",
        "ping,pings,false",
        "ping,pong,false",
        "'',ping,false",
        "'',data: 1,false"
    })
    void knowsItsName(String name, String other, boolean expected) {
        assertThat(ServerSentEvent.of(name, "1").isNamed(other)).isEqualTo(expected);
    }

    @Test
    void isEqualByNameAndData() {
        byte[] all = Sse.bytes("data: 0\n\nevent: a\ndata: 1\n\n");

        assertThat(ServerSentEvent.in(all, 9, 27))
                .isEqualTo(ServerSentEvent.of("a", "1"))
                .hasSameHashCodeAs(ServerSentEvent.of("a", "1"))
                .isNotEqualTo(ServerSentEvent.of("b", "1"))
                .isNotEqualTo(ServerSentEvent.of("a", "2"))
                .isNotEqualTo("a");
    }

    @Test
    void toStringHasNoData() {
        assertThat(ServerSentEvent.of("a", "secret")).hasToString("ServerSentEvent[a, 23 bytes]");
    }

    @Test
    void copiesItselfToAnyPlace() {
        byte[] target = Sse.bytes("..................");

        ServerSentEvent.of("", "1").copyTo(target, 2);

        assertThat(new String(target, StandardCharsets.UTF_8)).isEqualTo("..data: 1\n\n.......");
    }

    @Test
    void keepsItsReceivedBytes() {
        var event = Sse.received(new ByteArrayInputStream(Sse.bytes("event: a\ndata:  {\"x\": 1} \n\n")))
                .get(0);

        assertThat(wire(event)).isEqualTo("event: a\ndata:  {\"x\": 1} \n\n");
    }

    private static String wire(ServerSentEvent event) {
        byte[] wire = new byte[event.size()];
        event.copyTo(wire, 0);
        return new String(wire, StandardCharsets.UTF_8);
    }
}
