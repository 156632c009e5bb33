package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BodyReaderTest {

    private static final String GOOD = "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[{}]}";

    @Test
    void aByteOrderMarkIsSkipped() {
        assertThat(read("\uFEFF" + GOOD).bytes())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(GOOD);
        byte[] marked = bytes("\uFEFF" + GOOD);
        assertThat(BodyReader.messages(new ByteArrayInputStream(marked), marked.length, MemoryReservation.UNLIMITED)
                        .bytes())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo(GOOD);
    }

    @Test
    void aSecondByteOrderMarkIsRejected() {
        assertThat(refusal("\uFEFF\uFEFF" + GOOD).errorMessage())
                .isEqualTo(
                        "The request body is not valid JSON: a second byte order mark at byte 0. Only one is allowed, at the beginning.");
    }

    @Test
    void countTokensNeedsNoMaxTokens() {
        String body = "{\"model\":\"m\",\"messages\":[{}]}";

        assertThat(BodyReader.countTokens(new ByteArrayInputStream(bytes(body)), -1, MemoryReservation.UNLIMITED)
                        .bytes())
                .isEqualTo(bytes(body));
        assertThat(refusal(body).errorMessage()).isEqualTo("max_tokens: Field required");
    }

    @Test
    void aBodyOfFortyMegabytesIsTooLarge() {
        var zeros = new InputStream() {
            private int left = 40 << 20;

            @Override
            public int read() {
                return left-- > 0 ? ' ' : -1;
            }
        };

        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> BodyReader.messages(zeros, -1, MemoryReservation.UNLIMITED));

        assertThat(refusal.status()).isEqualTo(413);
        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
    }

    @Test
    void aBodyWithTooLargeALengthIsNotRead() {
        var unreadable = new InputStream() {
            @Override
            public int read() {
                throw new AssertionError("was read");
            }
        };

        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> BodyReader.messages(
                                        unreadable, MessagesBody.MAX_BYTES + 1L, MemoryReservation.UNLIMITED))
                        .status())
                .isEqualTo(413);
    }

    @Test
    void aBodyOfExactlyTheLimitPasses() {
        String start = "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[\"";
        String body = start + "x".repeat(MessagesBody.MAX_BYTES - start.length() - 3) + "\"]}";

        assertThat(read(body).bytes()).hasSize(MessagesBody.MAX_BYTES);
        assertThat(refusal(body + " ").status()).isEqualTo(413);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 5})
    void aBodyBeyondItsOwnLimitIsTooLarge(long declared) {
        assertThat(BodyReader.bytes(new ByteArrayInputStream(bytes("1234")), -1, 4, MemoryReservation.UNLIMITED))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("1234");
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> BodyReader.bytes(
                                        new ByteArrayInputStream(bytes("12345")),
                                        declared,
                                        4,
                                        MemoryReservation.UNLIMITED))
                        .status())
                .isEqualTo(413);
    }

    @Test
    void aBodyThatBreaksOffIsABadRequest() {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };

        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> BodyReader.messages(broken, -1, MemoryReservation.UNLIMITED))
                        .status())
                .isEqualTo(400);
    }

    private static ClaudeException refusal(String body) {
        return catchThrowableOfType(ClaudeException.class, () -> read(body));
    }

    private static MessagesBody read(String body) {
        return BodyReader.messages(new ByteArrayInputStream(bytes(body)), -1, MemoryReservation.UNLIMITED);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
