package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignerTest {

    private static final String ID = "msg_0123456789abcdef0123456789abcdef";
    private static final String PAYLOAD =
            "{\"type\":\"job.succeeded\",\"data\":{\"text\":\"\u00e4\u20ac\ud83d\ude00 \\u0000 % %s 100%\"}}";
    private static final byte[] ONE = bytes(24, 1);
    private static final byte[] OTHER = bytes(64, 2);

    /** The example from the tests of the specification. */
    @Test
    void signsAsTheSpecificationShows() {
        var signer = new Signer(List.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));

        assertThat(signer.sign(
                        "msg_p5jXN8AQM9LWM0D4loKWxJek", Instant.ofEpochSecond(1614265330), "{\"test\": 2432232314}"))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void signsIdTimeAndPayload() throws Exception {
        Instant now = Instant.parse("2026-11-21T09:30:00.999Z");

        assertThat(new Signer(List.of(secret(ONE))).sign(ID, now, PAYLOAD))
                .isEqualTo("v1," + hmac(ONE, ID + "." + now.getEpochSecond() + "." + PAYLOAD));
    }

    @Test
    void everyReceiverThatKnowsASecretCanVerify() {
        Instant now = Instant.now();
        String signature = new Signer(List.of(secret(ONE), secret(OTHER))).sign(ID, now, PAYLOAD);

        assertThatCode(() -> verify(secret(ONE), now, signature, PAYLOAD)).doesNotThrowAnyException();
        assertThatCode(() -> verify(secret(OTHER), now, signature, PAYLOAD)).doesNotThrowAnyException();
        assertThatThrownBy(() -> verify(secret(bytes(24, 3)), now, signature, PAYLOAD))
                .isInstanceOf(WebhookVerificationException.class);
        assertThatThrownBy(() -> verify(secret(ONE), now, signature, PAYLOAD + " "))
                .isInstanceOf(WebhookVerificationException.class);
    }

    @Test
    void hasOneSignatureForEachSecretInTheirOrder() throws Exception {
        Instant now = Instant.ofEpochSecond(1);
        String signed = ID + ".1." + PAYLOAD;

        assertThat(new Signer(List.of(secret(OTHER), secret(ONE))).sign(ID, now, PAYLOAD))
                .isEqualTo("v1," + hmac(OTHER, signed) + " v1," + hmac(ONE, signed));
    }

    @Test
    void writesTheTimeInTheSameDigitsEverywhere() throws Exception {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertThat(new Signer(List.of(secret(ONE))).sign(ID, Instant.ofEpochSecond(1_789), PAYLOAD))
                    .isEqualTo("v1," + hmac(ONE, ID + ".1789." + PAYLOAD));
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void canSignIfThereIsASecret() {
        assertThat(new Signer(List.of()).canSign()).isFalse();
        assertThat(new Signer(List.of(secret(ONE))).canSign()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {24, 32, 63, 64})
    void aSecretHas24To64Bytes(int length) {
        assertThat(new Signer(List.of(secret(bytes(length, 7)))).canSign()).isTrue();
    }

    static Stream<String> bad() {
        String base64 = Base64.getEncoder().encodeToString(ONE);
        return Stream.of(
                secret(bytes(23, 7)),
                secret(bytes(65, 7)),
                "whsec_",
                "whsec_AAAA",
                base64,
                "whsec-" + base64,
                "WHSEC_" + base64,
                "whsec_ " + base64,
                "whsec_" + base64 + "\n",
                "whsec_" + base64.substring(1) + "!",
                "whsec_this-is-no-base64-but-long-enough-to-be",
                "whsec_whsec_" + base64,
                "x" + secret(ONE));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void anInvalidSecretIsReportedWithItsKey(String bad) {
        assertThatThrownBy(() -> new Signer(List.of(secret(ONE), bad)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("claude.webhooks.secret must be whsec_ and 24 to 64 bytes in Base64");
    }

    @ParameterizedTest
    @MethodSource("bad")
    void noExceptionContainsASecret(String bad) {
        String messages = everything(catchThrowable(() -> new Signer(List.of(secret(ONE), bad))));

        assertThat(messages).doesNotContain(secret(ONE).substring(6));
        String secretText = bad.replace("whsec_", "").strip();
        if (!secretText.isEmpty()) {
            assertThat(messages).doesNotContain(secretText);
            // Java's decoder quotes the first character that is not Base64, in hexadecimal
            assertThat(messages.toLowerCase(Locale.ROOT)).doesNotContain("illegal base64 character");
        }
    }

    private static String everything(Throwable thrown) {
        var messages = new StringBuilder();
        for (Throwable e = thrown; e != null; e = e.getCause()) {
            messages.append(e).append(Arrays.toString(e.getSuppressed()));
        }
        return messages.toString();
    }

    private static void verify(String secret, Instant time, String signature, String payload) throws Exception {
        new Webhook(secret)
                .verify(
                        payload,
                        Map.of(
                                "webhook-id",
                                List.of(ID),
                                "webhook-timestamp",
                                List.of(Long.toString(time.getEpochSecond())),
                                "webhook-signature",
                                List.of(signature)));
    }

    private static String hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String secret(byte[] bytes) {
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (31 * i + 97 * seed);
        }
        return bytes;
    }
}
