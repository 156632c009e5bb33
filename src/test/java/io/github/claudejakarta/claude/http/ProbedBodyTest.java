package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbedBodyTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "event: ping                                                              | EVENTS",
                "data:{}                                                                  | EVENTS",
                "id: 1                                                                    | EVENTS",
                "retry:1                                                                  | EVENTS",
                ": comment                                                                | EVENTS",
                "`\r\n\n\uFEFFevent: x\n`                                                 | EVENTS",
                "`\uFEFFdata\n`                                                           | EVENTS",
                "dates: x                                                                 | OTHER",
                "even                                                                     | OTHER",
                "events                                                                   | OTHER",
                "<html>                                                                   | OTHER",
                "[{\"type\":\"error\"}]                                                   | OTHER",
                "` \r\n`                                                                  | EMPTY",
                "``                                                                       | EMPTY",
                "{\"type\":\"error\",\"error\":{}}                                        | ERROR",
                "` \n{ \"request_id\" : [null,{\"type\":1}], \"type\" : \"error\"}`       | ERROR",
                "{\"error\":{\"type\":\"overloaded_error\"}}                              | ERROR",
                "{\"error\":\"no\"}                                                       | JSON",
                "{\"type\":\"message\",\"error\":{}}                                      | JSON",
                "{\"type\":1}                                                             | JSON",
                "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{}}}     | JSON",
                "{                                                                        | JSON",
                "{nonsense                                                                | JSON",
            })
    void recognizesEveryKind(String text, ProbedBody.Kind kind) throws Exception {
        byte[] bytes = Sse.bytes(text == null ? "" : text);

        for (InputStream in : new InputStream[] {new ByteArrayInputStream(bytes), Sse.byteByByte(bytes)}) {
            var body = new ProbedBody(in, () -> {});
            assertThat(body.kind()).isEqualTo(kind);
            assertThat(body.readAllBytes()).isEqualTo(bytes);
        }
    }

    /** The next bytes may arrive minutes later. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "event:|EVENTS",
                ":|EVENTS",
                "x|OTHER",
                "{\"type\":\"error\"|ERROR",
                "{\"error\":{|ERROR",
                "{\"custom_id\":|JSON"
            })
    void readsOnlyTheBytesItNeeds(String begin, ProbedBody.Kind kind) throws Exception {
        String all = begin.equals("x")
                ? "xxxxxx"
                : begin.endsWith("\"") && kind == ProbedBody.Kind.ERROR ? begin + "," : begin;
        var body = new ProbedBody(
                new SequenceInputStream(new ByteArrayInputStream(Sse.bytes(all)), new InputStream() {
                    @Override
                    public int read() {
                        throw new AssertionError("read more than necessary");
                    }
                }),
                () -> {});

        assertThat(body.kind()).isEqualTo(kind);
        assertThat(body.read(new byte[100], 0, 100)).isEqualTo(all.length());
    }

    @Test
    void readsAheadToALimit() throws IOException {
        byte[] blank = Sse.bytes(" ".repeat(3 * ProbedBody.MAX_PROBE));
        byte[] late = Sse.bytes("{\"a\":\"" + "x".repeat(3 * ProbedBody.MAX_PROBE) + "\",\"type\":\"error\"}");
        for (byte[] bytes : new byte[][] {blank, late}) {
            var in = new ByteArrayInputStream(bytes);
            var body = new ProbedBody(in, () -> {});

            assertThat(body.kind()).isEqualTo(bytes == blank ? ProbedBody.Kind.EMPTY : ProbedBody.Kind.JSON);
            assertThat(in.available()).isEqualTo(bytes.length - ProbedBody.MAX_PROBE);
            assertThat(body.readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void readsSingleBytes() throws IOException {
        var body = new ProbedBody(new ByteArrayInputStream(new byte[] {(byte) 0xff, 0}), () -> {});
        body.kind();

        assertThat(body.read()).isEqualTo(0xff);
        assertThat(body.read()).isZero();
        assertThat(body.read()).isEqualTo(-1);
    }

    /** A gateway may send blank lines while Claude thinks. They restart the read timeout. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {"`\n\r\n: x\n`|4", "` \n\n{\"type\":`|11"})
    void reportsEachArrival(String body, int arrivals) throws IOException {
        var seen = new int[1];

        new ProbedBody(Sse.byteByByte(Sse.bytes(body)), () -> seen[0]++).kind();

        assertThat(seen[0]).isGreaterThanOrEqualTo(arrivals);
    }

    @Test
    void skipsBytesThatWereReadAhead() throws IOException {
        var body = new ProbedBody(new ByteArrayInputStream(Sse.bytes("data: 1\n\ndata: 2\n\n")), () -> {});
        body.kind();

        assertThat(body.skip(9)).isEqualTo(9);
        assertThat(body.available()).isZero();
        assertThat(body.readAllBytes()).isEqualTo(Sse.bytes("data: 2\n\n"));
    }
}
