package io.github.claudejakarta.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.usage.UsageSettings;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Clients;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CallerCountsTest {

    private static final Prices PRICES =
            new Prices(Map.of("claude-opus-5-5", Prices.Price.of(BigDecimal.valueOf(5), BigDecimal.valueOf(25))));

    private final CallerCounts counts = new CallerCounts(
            new Clients(List.of(new Clients.Key(new byte[32], new Caller("teller", false)))),
            new UsageSettings(Map.of(), Duration.ofDays(1)),
            PRICES);

    @Test
    void requestsAreCountedByCallerAndStatusClass() {
        counts.answered("teller", 200);
        counts.answered("teller", 201);
        counts.answered("teller", 429);
        counts.answered(null, 401);

        assertThat(counts.callers().get("teller").answered().get("2xx").sum()).isEqualTo(2);
        assertThat(counts.callers().get("teller").answered().get("4xx").sum()).isEqualTo(1);
        assertThat(counts.callers().get("(unknown)").answered().get("4xx").sum())
                .isEqualTo(1);
    }

    @Test
    void theTokensOfAMessageCountForItsCaller() {
        counts.begin(message("teller"))
                .accept(outcome(Optional.empty(), Optional.of(new Tokens(1_000_000, 100_000, 0, 0, 10))));

        CallerCounts.OfCaller teller = counts.callers().get("teller");
        assertThat(teller.input()).isEqualTo(1_000_010);
        assertThat(teller.output()).isEqualTo(100_000);
        assertThat(teller.cost()).isCloseTo(7.5, within(0.001));
        assertThat(teller.limitedByClaude()).isZero();
    }

    @Test
    void aRateLimitOfClaudeCountsForItsCaller() {
        counts.begin(message("teller")).accept(outcome(Optional.of("rate_limit_error"), Optional.empty()));
        counts.begin(message("teller")).accept(outcome(Optional.of("overloaded_error"), Optional.empty()));

        assertThat(counts.callers().get("teller").limitedByClaude()).isEqualTo(1);
    }

    @Test
    void aHundredCallersAndTheConfiguredOnesAreCountedByName() {
        for (int i = 0; i < 1_000; i++) {
            counts.answered("jwt-" + i, 200);
        }
        counts.answered("teller", 200);

        assertThat(counts.callers()).hasSize(102).containsKeys("teller", "jwt-0", "jwt-99", "(others)");
        assertThat(counts.callers().get("(others)").answered().get("2xx").sum()).isEqualTo(900);
    }

    private static ClaudeCall message(String caller) {
        return new ClaudeCall(ClaudeRequest.message(RequestBody.of(new byte[0])).withCaller(caller));
    }

    private static CallOutcome outcome(Optional<String> error, Optional<Tokens> tokens) {
        return new CallOutcome(
                200,
                error,
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.of("claude-opus-5-5"),
                tokens,
                Optional.empty(),
                Optional.empty(),
                Duration.ZERO,
                false);
    }
}
