package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestOptionsTest {

    private static final RequestOptions NONE = RequestOptions.none();

    @Test
    void theDefaultsAreEmpty() {
        assertThat(NONE.headers()).isEmpty();
        assertThat(NONE.timeout()).isEmpty();
        assertThat(NONE.apiKey()).isEmpty();
        assertThat(NONE.caller()).isEmpty();
        assertThat(NONE.recovery()).isEmpty();
        assertThat(NONE.correlation()).isEmpty();
    }

    @Test
    void aCopyHasTheChangeAndTheOriginalDoesNot() {
        RequestOptions all = NONE.withTimeout(Duration.ofSeconds(3))
                .withApiKey("sk-own")
                .withCaller("alice")
                .withRecovery(RecoveryMode.CONTINUE)
                .withCorrelation("order 7")
                .withHeader("x-team", "loans");

        assertThat(all.timeout()).contains(Duration.ofSeconds(3));
        assertThat(all.apiKey()).contains("sk-own");
        assertThat(all.caller()).contains("alice");
        assertThat(all.recovery()).contains(RecoveryMode.CONTINUE);
        assertThat(all.correlation()).contains("order 7");
        assertThat(all.headers()).isEqualTo(Map.of("x-team", "loans"));
        assertThat(NONE).isEqualTo(RequestOptions.none()).isNotEqualTo(all);
    }

    @Test
    void betasAddUp() {
        RequestOptions options = NONE.withBeta("a-2026-01-01").withBeta("b", "a-2026-01-01", "c");

        assertThat(options.headers()).isEqualTo(Map.of("anthropic-beta", "a-2026-01-01,b,c"));
        assertThat(NONE.withHeader("Anthropic-Beta", "x, y").withBeta("z").headers())
                .isEqualTo(Map.of("anthropic-beta", "x,y,z"));
        assertThat(NONE.withBeta()).isSameAs(NONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a,b", "a b", "a\n"})
    void aBetaIsOneName(String beta) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withBeta(beta))
                .withMessageStartingWith("withBeta: ");
    }

    @Test
    void aHeaderReplacesAnEarlierOneInAnyCase() {
        assertThat(NONE.withHeader("X-Team", "loans")
                        .withHeader("x-team", " cards ")
                        .headers())
                .isEqualTo(Map.of("x-team", "cards"));
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization,   Use withApiKey",
        "X-Api-Key,       Use withApiKey",
        "Cookie,          Use withApiKey",
        "Host,            is set by the HTTP client",
        "Connection,      is set by the HTTP client",
        "Transfer-Encoding, is set by the HTTP client",
        "Content-Type,    is set by the HTTP client",
        "Stream-Recovery, Use withRecovery",
        "a b,             is not the name of an HTTP header"
    })
    void rejectsSomeHeaders(String name, String why) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withHeader(name, "secret"))
                .withMessageContaining(why)
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "se\r\ncret: 1", "secr\u00e9t", "se\tcret"})
    void valuesAreVisibleAscii(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withHeader("x-team", value))
                .withMessageContaining("x-team")
                .withMessageNotContaining("cret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withApiKey(value))
                .withMessageNotContaining("cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "-PT1S"})
    void aTimeoutIsPositive(Duration limit) {
        assertThatIllegalArgumentException().isThrownBy(() -> NONE.withTimeout(limit));
    }

    @Test
    void aTimeoutIsAtMost366Days() {
        Duration longest = Duration.ofDays(366);

        assertThat(NONE.withTimeout(longest).timeout()).contains(longest);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withTimeout(longest.plusNanos(1)))
                .withMessageStartingWith("withTimeout: PT8784H0.000000001S is more than 366 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NONE.withTimeout(ChronoUnit.FOREVER.getDuration()))
                .withMessageContaining("more than 366 days");
    }

    @Test
    void namesAndIdsCanBeStored() {
        assertThat(NONE.withCaller("x".repeat(255)).caller()).isPresent();
        assertThat(NONE.withCorrelation("x".repeat(255)).correlation()).isPresent();
        for (String bad : new String[] {"", " ", "x".repeat(256), "a\nb"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> NONE.withCaller(bad));
            assertThatIllegalArgumentException().isThrownBy(() -> NONE.withCorrelation(bad));
        }
    }

    @Test
    void theTextShowsNoSecret() {
        assertThat(NONE.withApiKey("sk-own").withHeader("x-token", "hush").withCaller("alice"))
                .asString()
                .contains("x-token", "alice", "(hidden)")
                .doesNotContain("sk-own")
                .doesNotContain("hush");
    }

    @Test
    void aRequestHasTheSettingsOfItsOptions() {
        ClaudeRequest request = ClaudeRequest.models()
                .withHeaders(Map.of("anthropic-version", "1", "x-api-key", "old"))
                .withCaller("bob")
                .withRecovery(RecoveryMode.OFF);

        ClaudeRequest same = request.with(NONE);
        ClaudeRequest other = request.with(NONE.withBeta("b")
                .withApiKey("sk-own")
                .withCaller("alice")
                .withTimeout(Duration.ofSeconds(1))
                .withCorrelation("c")
                .withRecovery(RecoveryMode.CONTINUE));

        assertThat(same.headers()).isEqualTo(request.headers());
        assertThat(same.caller()).isEqualTo("bob");
        assertThat(same.recovery()).contains(RecoveryMode.OFF);
        assertThat(same.apiKey()).isEmpty();
        assertThat(other.headers())
                .isEqualTo(Map.of("anthropic-version", "1", "x-api-key", "old", "anthropic-beta", "b"));
        assertThat(other.apiKey()).contains("sk-own");
        assertThat(other.caller()).isEqualTo("alice");
        assertThat(other.timeout()).contains(Duration.ofSeconds(1));
        assertThat(other.correlation()).contains("c");
        assertThat(other.recovery()).contains(RecoveryMode.CONTINUE);
        assertThat(other).asString().doesNotContain("sk-own");
        assertThat(other.withQuery("a=b").withBody(RequestBody.of(new byte[0])).apiKey())
                .contains("sk-own");
    }
}
