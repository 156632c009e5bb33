package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.upstream.Coded;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InflatedBodyTest {

    private static final byte[] TEXT = Sse.bytes("event: ping\ndata: {\"type\": \"ping\"}\n\n".repeat(500));

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void decodesInPiecesOfAnySize(String kind) throws Exception {
        var random = new byte[30_000];
        new Random(1).nextBytes(random);
        for (byte[] text : new byte[][] {TEXT, random, {}, {1}}) {
            byte[] coded = Coded.of(kind, text);

            assertThat(decoded(kind, new ByteArrayInputStream(coded)).readAllBytes())
                    .isEqualTo(text);
            assertThat(decoded(kind, Sse.byteByByte(coded)).readAllBytes()).isEqualTo(text);
            for (int at = 1; at < Math.min(coded.length, 40); at++) {
                assertThat(decoded(kind, Sse.cut(coded, at)).readAllBytes()).isEqualTo(text);
            }
        }
    }

    @Test
    void readsSingleBytes() throws Exception {
        var body = decoded("gzip", new ByteArrayInputStream(Coded.gzip(new byte[] {(byte) 0xff, 0})));

        assertThat(body.read()).isEqualTo(0xff);
        assertThat(body.read()).isZero();
        assertThat(body.read()).isEqualTo(-1);
        assertThat(body.read()).isEqualTo(-1);
        assertThat(body.read(new byte[0], 0, 0)).isZero();
    }

    /** Flushed data can be read before the end of the body arrives. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void returnsArrivedData(String kind) throws Exception {
        var coder = new Coded(kind);
        byte[] first = coder.flushed(Sse.bytes("one"));
        byte[] second = coder.flushed(Sse.bytes("two"));
        byte[] rest = coder.finished();
        byte[] all = concat(first, second, rest);
        var body = decoded(kind, Sse.pieces(all, first.length, first.length + second.length, all.length));
        var buffer = new byte[100];

        assertThat(new String(buffer, 0, body.read(buffer), StandardCharsets.UTF_8))
                .isEqualTo("one");
        assertThat(new String(buffer, 0, body.read(buffer), StandardCharsets.UTF_8))
                .isEqualTo("two");
        assertThat(body.read(buffer)).isEqualTo(-1);
    }

    /** The body is cut at every position, also after the complete text and before the checksum. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void aTruncatedBodyIsAnError(String kind) throws Exception {
        byte[] coded = Coded.of(kind, Arrays.copyOf(TEXT, 1_000));
        for (int length = 0; length < coded.length; length++) {
            byte[] cut = Arrays.copyOf(coded, length);

            assertThatThrownBy(
                            () -> decoded(kind, new ByteArrayInputStream(cut)).readAllBytes())
                    .as("after " + length)
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("ended before");
        }
    }

    @Test
    void detectsAFlippedBit() {
        byte[] text = Arrays.copyOf(TEXT, 1_000);
        byte[] coded = Coded.gzip(text);
        int found = 0;
        for (int at = 10; at < coded.length; at++) {
            byte[] corrupt = coded.clone();
            corrupt[at] ^= 4;
            try {
                assertThat(decoded("gzip", new ByteArrayInputStream(corrupt)).readAllBytes())
                        .as("a bit without a meaning, at " + at)
                        .isEqualTo(text);
            } catch (IOException e) {
                assertThat(e)
                        .isInstanceOf(UndecodableBody.class)
                        .hasMessageStartingWith("Claude's answer cannot be decoded: its gzip data is corrupt (");
                found++;
            }
        }
        assertThat(found).isGreaterThan(coded.length - 15);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate"})
    void detectsDataThatIsNotEncoded(String coding) {
        for (String text : new String[] {"{\"type\":\"message\"}", "event: ping\ndata: {}\n\n", "\u001f", "x"}) {
            assertThatThrownBy(() -> new InflatedBody(new ByteArrayInputStream(Sse.bytes(text)), coding, () -> {})
                            .readAllBytes())
                    .isInstanceOf(text.length() > 1 ? UndecodableBody.class : IOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zlib", "bare"})
    void rejectsBytesAfterTheEnd(String kind) throws Exception {
        byte[] coded = concat(Coded.of(kind, TEXT), new byte[] {0});

        assertThatThrownBy(() -> decoded(kind, new ByteArrayInputStream(coded)).readAllBytes())
                .isInstanceOf(UndecodableBody.class);
    }

    /** RFC 1952: a gzip file is a series of members. The second may arrive later. */
    @Test
    void gzipMayHaveSeveralMembers() throws Exception {
        byte[] one = Coded.gzip(Sse.bytes("one"));
        byte[] all = concat(one, Coded.gzip(new byte[0]), Coded.gzip(Sse.bytes("two")));

        assertThat(decoded("gzip", new ByteArrayInputStream(all)).readAllBytes())
                .isEqualTo(Sse.bytes("onetwo"));
        assertThat(decoded("gzip", Sse.cut(all, one.length)).readAllBytes()).isEqualTo(Sse.bytes("onetwo"));
        assertThatThrownBy(() -> decoded("gzip", new ByteArrayInputStream(Arrays.copyOf(all, all.length - 1)))
                        .readAllBytes())
                .isInstanceOf(EOFException.class);
    }

    @Test
    void gzipMayHaveAllFieldsOfItsHeader() throws Exception {
        byte[] plain = Coded.gzip(TEXT);
        byte[] head = {0x1f, (byte) 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 2, 0, 'x', 'y', 'n', 0, 'c', 'o', 0, 1, 2
        };
        byte[] coded = concat(head, Arrays.copyOfRange(plain, 10, plain.length));

        assertThat(decoded("gzip", Sse.byteByByte(coded)).readAllBytes()).isEqualTo(TEXT);
    }

    @Test
    void rejectsADictionary() {
        var deflater = new Deflater();
        deflater.setDictionary(TEXT);
        deflater.setInput(TEXT);
        deflater.finish();
        var coded = new byte[1_000];
        int length = deflater.deflate(coded);
        deflater.end();

        assertThatThrownBy(() -> decoded("zlib", new ByteArrayInputStream(coded, 0, length))
                        .readAllBytes())
                .isInstanceOf(UndecodableBody.class)
                .hasMessageContaining("dictionary");
    }

    /** A terabyte would need as little memory. */
    @Test
    void decodesOnlyRequestedBytes() throws Exception {
        byte[] bomb = Coded.gzip(new byte[100 << 20]);
        var body = decoded("gzip", new ByteArrayInputStream(bomb));

        assertThat(body.readNBytes(1_000)).hasSize(1_000).containsOnly(0);
    }

    @Test
    void reportsEachArrival() throws Exception {
        var arrivals = new int[1];
        byte[] coded = Coded.gzip(TEXT);
        new InflatedBody(Sse.byteByByte(coded), "gzip", () -> arrivals[0]++).readAllBytes();

        assertThat(arrivals[0]).isEqualTo(coded.length);
    }

    @Test
    void closesItsInput() throws Exception {
        var closed = new boolean[1];
        var body = decoded("gzip", new ByteArrayInputStream(Coded.gzip(TEXT)) {
            @Override
            public void close() {
                closed[0] = true;
            }
        });
        body.read();

        body.close();
        body.close();

        assertThat(closed[0]).isTrue();
        assertThatThrownBy(body::read).isInstanceOf(IOException.class).isNotInstanceOf(UndecodableBody.class);
    }

    private static InflatedBody decoded(String kind, InputStream in) {
        return new InflatedBody(in, kind.equals("gzip") ? "gzip" : "deflate", () -> {});
    }

    static byte[] concat(byte[]... pieces) {
        var all = new ByteArrayOutputStream();
        for (byte[] piece : pieces) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }
}
