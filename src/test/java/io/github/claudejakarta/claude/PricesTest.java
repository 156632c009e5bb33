package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.github.claudejakarta.claude.Prices.Price;
import io.github.claudejakarta.claude.Prices.Tokens;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PricesTest {

    private static final Tokens A_MILLION = new Tokens(1_000_000, 0, 0, 0, 0);

    @ParameterizedTest
    @CsvSource({
        "1000000,0,0,0,0,4",
        "0,1000000,0,0,0,20",
        "0,0,1000000,0,0,5",
        "0,0,0,1000000,0,8",
        "0,0,0,0,1000000,0.4",
        "1000000,1000000,1000000,1000000,1000000,37.4",
        "0,0,0,0,0,0",
        "1,0,0,0,0,0.000004",
        "250,100,0,0,0,0.003"
    })
    void aBatchCostsHalf(long input, long output, long write, long write1h, long read, BigDecimal cost) {
        var prices = new Prices(Map.of("m", Price.of(new BigDecimal("8"), new BigDecimal("40"))));

        assertThat(prices.ofBatch("m", new Tokens(input, output, write, write1h, read))
                        .orElseThrow())
                .isEqualByComparingTo(cost);
    }

    @Test
    void cachePricesCanBeSet() {
        var prices = new Prices(Map.of(
                "m",
                new Price(
                        BigDecimal.ONE,
                        BigDecimal.ONE,
                        new BigDecimal("2"),
                        new BigDecimal("6"),
                        new BigDecimal("10"))));

        assertThat(prices.ofBatch("m", new Tokens(0, 0, 1_000_000, 1_000_000, 1_000_000))
                        .orElseThrow())
                .isEqualByComparingTo("9");
    }

    private static Usage usage(String json) {
        return new Usage(JsonText.object(json).orElseThrow());
    }

    private static final Prices TWO = new Prices(Map.of(
            "m", Price.of(new BigDecimal("1"), new BigDecimal("5")),
            "n", Price.of(new BigDecimal("10"), new BigDecimal("50"))));

    @Test
    void aMessageCostsEveryKindOfToken() {
        String tokens = """
                {"input_tokens":1000000,"output_tokens":1000000,"cache_creation_input_tokens":2000000,"cache_read_input_tokens":1000000,
                "cache_creation":{"ephemeral_5m_input_tokens":1000000,"ephemeral_1h_input_tokens":1000000},"service_tier":"%s"}""";

        assertThat(TWO.of("m-20260101", usage(tokens.formatted("standard"))).orElseThrow())
                .isEqualByComparingTo("9.35");
        assertThat(TWO.of("m", usage(tokens.formatted("batch"))).orElseThrow()).isEqualByComparingTo("4.675");
        assertThat(TWO.of("other", usage(tokens.formatted("standard")))).isEmpty();
    }

    @Test
    void eachPassCostsThePriceOfItsModel() {
        Usage passes = usage("""
                {"input_tokens":23,"output_tokens":1,"service_tier":"standard","iterations":[
                {"type":"compaction","input_tokens":180,"output_tokens":4},
                {"type":"advisor_message","model":"n-1","input_tokens":10,"output_tokens":2},
                {"type":"message","input_tokens":23,"output_tokens":1}]}""");

        // 180 + 20 + 100 + 100 + 23 + 5 millionths
        assertThat(TWO.of("m", passes).orElseThrow()).hasToString("0.000428");
        assertThat(new Prices(Map.of("m", Price.of(BigDecimal.ONE, BigDecimal.ONE))).of("m", passes))
                .as("the advisor has no price")
                .isEmpty();
    }

    @Test
    void theSumOfPassesIsRoundedOnce() {
        Usage passes = usage("""
                {"iterations":[{"cache_read_input_tokens":3},{"cache_read_input_tokens":3}]}""");

        assertThat(TWO.of("m", passes).orElseThrow()).hasToString("0.000001");
    }

    @Test
    void roundsToAMillionth() {
        var prices = new Prices(Map.of("m", Price.of(BigDecimal.ONE, BigDecimal.ONE)));

        assertThat(prices.ofBatch("m", new Tokens(1, 0, 0, 0, 0)).orElseThrow()).hasToString("0.000001");
        assertThat(prices.ofBatch("m", new Tokens(0, 0, 0, 0, 4)).orElseThrow()).hasToString("0.000000");
    }

    @Test
    void hugeNumbersOfTokensDoNotOverflow() {
        var prices = new Prices(Map.of("m", Price.of(new BigDecimal("0.25"), new BigDecimal("75"))));

        assertThat(prices.ofBatch("m", new Tokens(0, 1L << 62, 0, 0, 0)).orElseThrow())
                .isEqualByComparingTo(new BigDecimal(1L << 62)
                        .multiply(new BigDecimal("37.5"))
                        .movePointLeft(6)
                        .setScale(6, RoundingMode.HALF_UP));
    }

    @ParameterizedTest
    @CsvSource({
        "claude-haiku-4-5,2",
        "claude-haiku-4-5-20251001,2",
        "claude-haiku-4,1",
        "claude-haiku-4-1,1",
        "claude-sonnet-5,3"
    })
    void theLongestNameThatTheModelBeginsWithWins(String model, BigDecimal input) {
        var prices = new Prices(Map.of(
                "claude-haiku-4",
                price("2"),
                "claude-haiku-4-5",
                price("4"),
                "claude-sonnet-5",
                price("6"),
                "claude-haiku-4-5-20251001-x",
                price("8")));

        assertThat(prices.ofBatch(model, A_MILLION).orElseThrow()).isEqualByComparingTo(input);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "claude", "claude-haiku", "Claude-haiku-4", "x-claude-haiku-4", "claude-haiku-45"})
    void anUnknownModelHasNoPrices(String model) {
        assertThat(new Prices(Map.of("claude-haiku-4", price("2"))).ofBatch(model, A_MILLION))
                .isEmpty();
        assertThat(new Prices(Map.of()).ofBatch(model, A_MILLION)).isEmpty();
    }

    @Test
    void requiresInputAndOutput() {
        assertThatNullPointerException().isThrownBy(() -> new Price(null, BigDecimal.ONE, null, null, null));
        assertThatNullPointerException().isThrownBy(() -> new Price(BigDecimal.ONE, null, null, null, null));
    }

    @Test
    void tokensAddUp() {
        assertThat(new Tokens(1, 2, 3, 4, 5).plus(new Tokens(10, 20, 30, 40, 50)))
                .isEqualTo(new Tokens(11, 22, 33, 44, 55));
        assertThat(new Tokens(1, 2, 3, 4, 5).plus(Tokens.NONE)).isEqualTo(new Tokens(1, 2, 3, 4, 5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"input_tokens\":1,\"output_tokens\":2,\"cache_read_input_tokens\":5}|1|2|0|0|5",
                "{\"cache_creation_input_tokens\":100}|0|0|100|0|0",
                "{\"cache_creation_input_tokens\":100,\"cache_creation\":{\"ephemeral_5m_input_tokens\":60,\"ephemeral_1h_input_tokens\":40}}|0|0|60|40|0",
                "{\"cache_creation\":{\"ephemeral_1h_input_tokens\":40}}|0|0|0|40|0",
                "{}|0|0|0|0|0"
            })
    void readsTheTokensOfAMessage(String usage, long input, long output, long write, long write1h, long read) {
        assertThat(Tokens.of(new Usage(JsonText.object(usage).orElseThrow())))
                .isEqualTo(new Tokens(input, output, write, write1h, read));
    }

    private static Price price(String input) {
        return Price.of(new BigDecimal(input), BigDecimal.ONE);
    }
}
