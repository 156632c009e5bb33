package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.runtime.CountedReservation;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLinesReaderTest {

    private static final String A = request("a");
    private static final String B = request("b");

    @Test
    void everyLineIsARequest() throws Exception {
        var reader = reader(A + "\n" + B + "\n");

        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("b");
        assertThat(reader.next()).isEmpty();
        assertThat(reader.next()).isEmpty();
    }

    @Test
    void theTextIsUnchanged() throws Exception {
        String line =
                " { \"params\" : {\"messages\":[{\"x\":1e2}], \"max_tokens\":1.0,\"model\":\"\\u00e4ä\",\"new\":null},\t\"custom_id\":\"a\"} ";

        assertThat(reader(line + "\r\n").next().orElseThrow().json())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(line);
    }

    @Test
    void linesAreCountedFromOne() throws Exception {
        var reader = reader(A + "\r\n" + B);

        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 1");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 2");
    }

    @Test
    void blankLinesAreCountedAndSkipped() throws Exception {
        var reader = reader("\n" + A + "\n \t\n\r\n" + B + "\n\n");

        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 2");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 5");
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", " \r\n\n"})
    void anEmptyBodyHasNoRequests(String body) throws Exception {
        assertThat(reader(body).next()).isEmpty();
    }

    @Test
    void aByteOrderMarkAtTheBeginningIsSkipped() throws Exception {
        assertThat(reader("\uFEFF" + A).next().orElseThrow().json())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(A);
    }

    @Test
    void aByteOrderMarkElsewhereIsNotJson() throws Exception {
        var reader = reader(A + "\n\uFEFF" + B);

        reader.next();
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith("line 2: not ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "{", "[]", "1", "{}x", "{\"custom_id\":\"a\"", "[{\"requests\":["})
    void aLineThatIsNotAJsonObjectIsABadRequest(String line) {
        assertThatThrownBy(reader(line + "\n" + A)::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith("line 1: not ");
    }

    @Test
    void theProblemOfARequestIsReportedWithItsLine() {
        assertThatThrownBy(reader("\n{\"custom_id\":\"a\"}")::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("line 2: params: Field required");
    }

    @Test
    void continuesAfterABadRequest() throws Exception {
        var reader = reader("nonsense\n" + A + "\n{}\n" + B);

        assertThatThrownBy(reader::next).hasMessageStartingWith("line 1: ");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("a");
        assertThatThrownBy(reader::next).hasMessage("line 3: custom_id: Field required");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 4");
    }

    /** The buffer, and each request twice, because the driver makes a copy. */
    @Test
    void requestsThatAreNotStoredYetCount() throws Exception {
        var reservation = new CountedReservation(0);
        var reader = new JsonLinesReader(in(A + "\n" + B + "\n" + A), reservation);
        reader.next();
        long withOne = reservation.taken();

        reader.setPendingBytes(5_000);
        long holding = reservation.taken();
        reader.next();
        assertThat(holding).isEqualTo(withOne + 10_000 - 2L * A.length());
        assertThat(reservation.taken()).isEqualTo(holding + 2L * B.length());
        reader.setPendingBytes(0);
        reader.next();
        assertThat(reservation.taken()).isEqualTo(withOne);
    }

    @Test
    void afterALineThatIsTooLongNothingCanBeRead() throws Exception {
        var reader = new JsonLinesReader(new SequenceInputStream(in(A + "\n"), endless()), MemoryReservation.UNLIMITED);

        assertThat(reader.next()).isPresent();
        assertThatThrownBy(reader::next).isInstanceOfSatisfying(ClaudeException.class, refusal -> {
            assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
            assertThat(refusal.errorMessage())
                    .isEqualTo("line 2: longer than 32 MB, the limit for one request of a batch");
        });
    }

    @Test
    void aBodyThatBreaksOffIsNotABadRequest() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };

        assertThatThrownBy(new JsonLinesReader(broken, MemoryReservation.UNLIMITED)::next)
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
    }

    private static InputStream endless() {
        return new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                Arrays.fill(buffer, offset, offset + length, (byte) 'x');
                return length;
            }
        };
    }

    private static String request(String id) {
        return "{\"custom_id\":\"" + id + "\",\"params\":{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]}}";
    }

    private static JsonLinesReader reader(String body) {
        return new JsonLinesReader(in(body), MemoryReservation.UNLIMITED);
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
