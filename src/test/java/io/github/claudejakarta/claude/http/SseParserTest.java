package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.http.Sse.Event;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.upstream.FixtureFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The WHATWG grammar, rule by rule. */
@Timeout(60)
class SseParserTest {

    @Test
    void aBlankLineEndsAnEvent() {
        assertThat(Sse.read("event: a\ndata: 1\n\nevent: b\ndata: 2\n\n"))
                .containsExactly(new Event("a", "1"), new Event("b", "2"));
    }

    @Test
    void linesMayEndWithCrLf() {
        assertThat(Sse.read("event: a\r\ndata: 1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n"))
                .containsExactly(new Event("a", "1"), new Event("b", "2"));
    }

    @Test
    void linesMayEndWithOnlyCr() {
        assertThat(Sse.read("event: a\rdata: 1\r\revent: b\rdata: 2\r\r"))
                .containsExactly(new Event("a", "1"), new Event("b", "2"));
    }

    @Test
    void lineEndsMayBeMixed() {
        assertThat(Sse.read("event: a\r\ndata: 1\ndata: 2\r\r\nevent: b\rdata: 3\n\r\ndata: 4\n\n"))
                .containsExactly(new Event("a", "1\n2"), new Event("b", "3"), new Event("", "4"));
    }

    @Test
    void crLfIsOneLineEndAlsoWhenItIsSplit() {
        byte[] body = Sse.bytes("data: 1\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n");

        assertThat(Sse.read(Sse.byteByByte(body))).containsExactly(new Event("", "1\n2"), new Event("", "3"));
    }

    @Test
    void aCrEndsAnEventWithoutWaitingForALineFeed() {
        var parser = new SseParser();
        var events = new ArrayList<ServerSentEvent>();

        feed(parser, "data: 1\r\r", events);

        assertThat(events).hasSize(1);
    }

    @Test
    void commentsAreIgnored() {
        assertThat(Sse.read(": hello\n:\nevent: a\n: within\ndata: 1\n: last\n\n: alone\n\n"))
                .containsExactly(new Event("a", "1"));
    }

    @Test
    void idAndRetryAndUnknownFieldsAreIgnored() {
        assertThat(Sse.read("id: 7\nretry: 100\nfoo: bar\nevent: a\ndata: 1\n\n"))
                .containsExactly(new Event("a", "1"));
    }

    @Test
    void fieldNamesAreCaseSensitiveAndWhole() {
        assertThat(Sse.read("Data: 1\ndataset: 2\n data: 3\nEVENT: x\ndata: 4\n\n"))
                .containsExactly(new Event("", "4"));
    }

    @Test
    void severalDataLinesAreJoinedWithLineFeeds() {
        assertThat(Sse.read("data: 1\ndata: 2\ndata:\ndata: 3\n\n")).containsExactly(new Event("", "1\n2\n\n3"));
    }

    @Test
    void dataLinesThatLookLikeFieldsKeepTheirText() {
        assertThat(Sse.read("data: data: 1\ndata: event: 2\n\n")).containsExactly(new Event("", "data: 1\nevent: 2"));
    }

    @Test
    void theSpaceAfterTheColonIsOptional() {
        assertThat(Sse.read("event:a\ndata:1\n\n")).containsExactly(new Event("a", "1"));
    }

    @Test
    void onlyOneSpaceAfterTheColonIsDropped() {
        assertThat(Sse.read("event:  a\ndata:  1 \n\ndata:\t2\n\n"))
                .containsExactly(new Event(" a", " 1 "), new Event("", "\t2"));
    }

    @Test
    void aLineWithoutAColonIsAFieldWithoutValue() {
        assertThat(Sse.read("event: a\nevent\ndata\n\n")).containsExactly(new Event("", ""));
    }

    @Test
    void emptyDataIsData() {
        assertThat(Sse.read("event: a\ndata: \n\nevent: b\ndata:\n\n"))
                .containsExactly(new Event("a", ""), new Event("b", ""));
    }

    @Test
    void anEventWithoutDataIsDropped() {
        assertThat(Sse.read("event: a\n\ndata: 1\n\n")).containsExactly(new Event("", "1"));
    }

    @Test
    void theLastNameCounts() {
        assertThat(Sse.read("event: a\ndata: 1\nevent: b\n\n")).containsExactly(new Event("b", "1"));
    }

    @Test
    void anEmptyNameCountsAsAbsent() {
        assertThat(Sse.read("event: \ndata: 1\n\nevent:\ndata: 2\n\n"))
                .containsExactly(new Event("", "1"), new Event("", "2"));
    }

    @Test
    void blankLinesBetweenEventsAreIgnored() {
        assertThat(Sse.read("\n\n\ndata: 1\n\n\n\n\ndata: 2\n\n\n"))
                .containsExactly(new Event("", "1"), new Event("", "2"));
    }

    @Test
    void aByteOrderMarkAtTheBeginningIsSkipped() {
        assertThat(Sse.read("\uFEFFdata: 1\n\n")).containsExactly(new Event("", "1"));
    }

    @Test
    void aByteOrderMarkMayBeSplit() {
        assertThat(Sse.read(Sse.byteByByte(Sse.bytes("\uFEFFevent: a\ndata: 1\n\n"))))
                .containsExactly(new Event("a", "1"));
    }

    @Test
    void aByteOrderMarkElsewhereIsText() {
        assertThat(Sse.read("data: \uFEFF1\n\n\uFEFFdata: 2\n\n")).containsExactly(new Event("", "\uFEFF1"));
    }

    @Test
    void anIncompleteByteOrderMarkIsText() {
        byte[] body = {(byte) 0xEF, (byte) 0xBB, '\n', 'd', 'a', 't', 'a', ':', '1', '\n', '\n'};

        assertThat(Sse.read(Sse.byteByByte(body))).containsExactly(new Event("", "1"));
    }

    @Test
    void lineSeparatorsOfUnicodeAreText() {
        assertThat(Sse.read("data: a\u2028b\u2029c\u0085d\u000Be\u000Cf\n\n"))
                .containsExactly(new Event("", "a\u2028b\u2029c\u0085d\u000Be\u000Cf"));
    }

    @Test
    void nulIsText() {
        assertThat(Sse.read("data: a\0b\n\n")).containsExactly(new Event("", "a\0b"));
    }

    @Test
    void charactersMayBeSplit() {
        assertThat(Sse.read(Sse.byteByByte(Sse.bytes("event: é\ndata: ä€😀\n\n"))))
                .containsExactly(new Event("é", "ä€😀"));
    }

    @Test
    void theBlankLineMayBeMissingAtTheEnd() {
        assertThat(Sse.read("data: 1\n\nevent: b\ndata: 2\n")).containsExactly(new Event("", "1"), new Event("b", "2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: 2", "data: 2\ndata: 3", "data: 2\nevent", "d"})
    void anEventWhoseLastLineIsUnfinishedAtTheEndIsDropped(String cutOff) {
        assertThat(Sse.read("data: 1\n\n" + cutOff)).containsExactly(new Event("", "1"));
    }

    @Test
    void anEmptyBodyHasNoEvents() {
        assertThat(Sse.read("")).isEmpty();
    }

    @Test
    void afterTheEndThereAreNoEvents() {
        var stream = Sse.events(new ByteArrayInputStream(Sse.bytes("data: 1\n")));

        assertThat(stream.read()).hasSize(1);
        assertThat(stream.read()).isEmpty();
        assertThat(stream.read()).isEmpty();
    }

    @Test
    void eventsOfOneReadAreReturnedTogether() {
        var stream = Sse.events(new ByteArrayInputStream(Sse.bytes("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4")));

        assertThat(stream.read()).extracting(ServerSentEvent::data).containsExactly("1", "2", "3");
        assertThat(stream.read()).isEmpty();
    }

    @Test
    void anEventIsReturnedBeforeTheNextArrives() {
        byte[] body = Sse.bytes("data: 1\n\ndata: 2\n\n");
        var stream = Sse.events(Sse.cut(body, 12));

        assertThat(stream.read()).extracting(ServerSentEvent::data).containsExactly("1");
        assertThat(stream.read()).extracting(ServerSentEvent::data).containsExactly("2");
    }

    @Test
    void aLineMayHaveManyMegabytes() {
        String large = "x".repeat(8 << 20);

        assertThat(Sse.read("event: a\ndata: " + large + "\n\nevent: b\ndata: 1\n\n"))
                .containsExactly(new Event("a", large), new Event("b", "1"));
    }

    @Test
    void largeEventsInPiecesKeepTheirNameAndAllTheirLines() {
        String part = "y".repeat(5_000);
        String body = "event: a\n" + ("data:" + part + "\n").repeat(20) + "\n";

        assertThat(Sse.read(Sse.byteByByte(Sse.bytes(body.repeat(2)))))
                .containsExactly(
                        new Event("a", (part + "\n").repeat(19) + part),
                        new Event("a", (part + "\n").repeat(19) + part));
    }

    /** The buffer is moved and enlarged while it has some lines of an event that is not the first. */
    @Test
    void aLargeEventAfterASmallOneKeepsItsNameAndAllItsLines() {
        String line = "z".repeat(3_000);
        String large = "event:b\n" + ("data:" + line + "\n").repeat(9) + "\n";

        assertThat(Sse.read("event: a\ndata: 1\n\n" + large + large))
                .containsExactly(
                        new Event("a", "1"),
                        new Event("b", (line + "\n").repeat(8) + line),
                        new Event("b", (line + "\n").repeat(8) + line));
    }

    @Test
    void anEventOfExactlyTheLimitIsAccepted() {
        int frame = "data: \n\n".length();
        String data = "z".repeat(SseParser.MAX_EVENT_BYTES - frame);

        assertThat(Sse.read("data: " + data + "\n\n"))
                .extracting(event -> event.data().length())
                .containsExactly(SseParser.MAX_EVENT_BYTES - frame);
    }

    @Test
    void anEventOverTheLimitFails() {
        var body = new ByteArrayInputStream(
                Sse.bytes("data: " + "z".repeat(SseParser.MAX_EVENT_BYTES + (1 << 20)) + "\n\n"));

        assertThatThrownBy(() -> Sse.read(body))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("larger than");
    }

    @Test
    void aLineThatNeverEndsFails() {
        var endless = new InputStream() {
            @Override
            public int read() {
                return 'a';
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                java.util.Arrays.fill(target, offset, offset + length, (byte) 'a');
                return length;
            }
        };

        assertThatThrownBy(() -> Sse.read(endless))
                .isInstanceOf(ClaudeException.class)
                .hasMessageContaining("larger than");
    }

    @Test
    void aBodyThatBreaksOffIsAnApiError() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("reset by peer");
            }
        };

        var failure = (ClaudeException) catchThrowable(() -> Sse.read(broken));
        assertThat(failure.type()).isEqualTo(ErrorType.API);
        assertThat(failure.errorMessage()).contains("broke off");
    }

    @Test
    void unreadEventsAreReturnedFirst() {
        var stream = Sse.events(new ByteArrayInputStream(Sse.bytes("data: 1\n\n")));

        stream.unread(stream.read());

        assertThat(stream.read()).extracting(ServerSentEvent::data).containsExactly("1");
        assertThat(stream.read()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"event: a\ndata: {\"x\": 1}\n\n", "data: 1\n\n", "event: a\ndata: \n\n", "event: ü\ndata:  ä\n\n"
            })
    void anthropicsOwnFramingIsKeptByteForByte(String frame) {
        var event = Sse.received(new ByteArrayInputStream(Sse.bytes(frame))).get(0);

        assertThat(wire(event)).isEqualTo(frame);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "event:a\ndata:1\n\n",
                "data: 1\nevent: a\n\n",
                "event: a\r\ndata: 1\r\n\r\n",
                "event: a\rdata: 1\r\r",
                ": c\nevent: a\ndata: 1\n\n",
                "event: a\nid: 3\ndata: 1\n\n",
                "event: b\nevent: a\ndata: 1\n\n",
                "event: a\ndata: 1\n"
            })
    void otherFramingIsConvertedToAnthropics(String frame) {
        var event = Sse.received(new ByteArrayInputStream(Sse.bytes(frame))).get(0);

        assertThat(wire(event)).isEqualTo("event: a\ndata: 1\n\n");
    }

    @Slow("cuts at every byte")
    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void fixturesAreTheSameWholeAndCutAtEveryByte(String name) {
        byte[] body = FixtureFile.sse(name);
        var whole = Sse.received(new ByteArrayInputStream(body));

        for (int at = 1; at < body.length; at++) {
            assertThat(Sse.received(Sse.cut(body, at))).as("cut at %d", at).isEqualTo(whole);
        }
        assertThat(Sse.received(Sse.byteByByte(body))).isEqualTo(whole);
    }

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.upstream.FixtureFile#names")
    void fixturesAreKeptByteForByte(String name) {
        byte[] body = FixtureFile.sse(name);
        var framed = new ByteArrayOutputStream();

        Sse.received(new ByteArrayInputStream(body)).forEach(event -> framed.writeBytes(Sse.bytes(wire(event))));

        assertThat(framed.toString(StandardCharsets.UTF_8)).isEqualTo(EventStreams.framed(body));
    }

    /** Random bytes give the same events however they are cut, and no failure. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void readsAnyBytesToTheirEnd(int seed) {
        var random = new Random(seed);
        String[] words = {
            "event",
            "data",
            "id",
            ":",
            ": ",
            " ",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "x",
            "é",
            "\uFEFF",
            "\u2028",
            "{\"a\":1}",
            "data: ",
            "event: "
        };
        for (int round = 0; round < 2_000; round++) {
            var body = new ByteArrayOutputStream();
            for (int i = random.nextInt(40); i > 0; i--) {
                body.writeBytes(
                        random.nextInt(10) == 0
                                ? new byte[] {(byte) random.nextInt(256)}
                                : Sse.bytes(words[random.nextInt(words.length)]));
            }
            byte[] bytes = body.toByteArray();
            var whole = Sse.received(new ByteArrayInputStream(bytes));
            int[] cuts = IntStream.range(0, 5)
                    .map(i -> random.nextInt(bytes.length + 1))
                    .sorted()
                    .toArray();

            assertThat(Sse.received(Sse.pieces(bytes, cuts))).as("%s", body).isEqualTo(whole);
            assertThat(whole.stream().map(Event::of)).as("%s", body).isEqualTo(Reference.read(bytes));
            // Events with a converted framing are read as the same events.
            for (var event : whole) {
                assertThat(Sse.received(new ByteArrayInputStream(Sse.bytes(wire(event)))))
                        .as("%s", body)
                        .hasSize(1)
                        .first()
                        .extracting(Event::of)
                        .isEqualTo(Event.of(event));
            }
        }
    }

    private static String wire(ServerSentEvent event) {
        byte[] wire = new byte[event.size()];
        event.copyTo(wire, 0);
        return new String(wire, StandardCharsets.UTF_8);
    }

    private static void feed(SseParser parser, String text, List<ServerSentEvent> events) {
        byte[] bytes = Sse.bytes(text);
        assertThat(parser.room()).isGreaterThanOrEqualTo(bytes.length);
        System.arraycopy(bytes, 0, parser.buffer(), parser.position(), bytes.length);
        parser.parse(bytes.length, events);
    }

    /**
     * A slow and simple implementation of the grammar, for comparison. At the end of the body it is as lenient as the
     * parser.
     */
    private static final class Reference {

        static java.util.List<Event> read(byte[] bytes) {
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            text = text.startsWith("\u00EF\u00BB\u00BF") ? text.substring(3) : text;
            var events = new ArrayList<Event>();
            String name = "";
            var data = new ArrayList<String>();
            String[] lines = text.split("\r\n|\r|\n", -1);
            boolean isComplete = lines[lines.length - 1].isEmpty();
            for (int i = 0; i < lines.length; i++) {
                boolean isLast = i == lines.length - 1;
                String line = lines[i];
                if (isLast && !isComplete) {
                    break;
                }
                if (line.isEmpty()) {
                    if (!data.isEmpty()) {
                        events.add(new Event(utf8(name), utf8(String.join("\n", data))));
                    }
                    name = "";
                    data.clear();
                    continue;
                }
                int colon = line.indexOf(':');
                String field = colon < 0 ? line : line.substring(0, colon);
                String value = colon < 0 ? "" : line.substring(colon + 1);
                value = value.startsWith(" ") ? value.substring(1) : value;
                if (field.equals("event")) {
                    name = value;
                } else if (field.equals("data")) {
                    data.add(value);
                }
            }
            return events;
        }

        private static String utf8(String latin) {
            return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
    }
}
