package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BomFreeInputTest {

    @ParameterizedTest
    @CsvSource({
        "'',''",
        "a,a",
        "ab,ab",
        "abcd,abcd",
        "\ufeff,''",
        "\ufeffa,a",
        "\ufeff{},{}",
        "\ufeff\ufeffa,\ufeffa",
        "a\ufeff,a\ufeff",
        "\ufefd\ufeff,\ufefd\ufeff"
    })
    void skipsOneMarkAtTheBeginning(String text, String rest) throws Exception {
        assertThat(input(text).readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo(rest);
        assertThat(input(text).markLength()).isEqualTo(text.length() == rest.length() ? 0 : 3);
    }

    @Test
    void readsSingleBytes() throws Exception {
        InputStream in = input("\ufeffä!");

        assertThat(new int[] {in.read(), in.read(), in.read(), in.read()}).containsExactly(0xC3, 0xA4, '!', -1);
    }

    @Test
    void keepsAnIncompleteMark() throws Exception {
        assertThat(new BomFreeInput(new ByteArrayInputStream(new byte[] {(byte) 0xEF, (byte) 0xBB})).readAllBytes())
                .hasSize(2);
    }

    private static BomFreeInput input(String text) {
        var bytes = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        // Returns one byte at a time, like a slow client.
        return new BomFreeInput(new InputStream() {
            @Override
            public int read() {
                return bytes.read();
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                return bytes.read(buffer, offset, Math.min(length, 1));
            }
        });
    }
}
