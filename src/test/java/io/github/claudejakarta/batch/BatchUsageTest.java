package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.Prices.Price;
import io.github.claudejakarta.claude.Prices.Tokens;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchUsageTest {

    private static final Prices PRICES = new Prices(Map.of(
            "m",
            Price.of(new BigDecimal("2"), new BigDecimal("10")),
            "n",
            Price.of(new BigDecimal("4"), new BigDecimal("20"))));
    private static final Tokens TOKENS = new Tokens(1_000_000, 100_000, 0, 0, 0);

    @Test
    void addsUpAllModels() {
        var usage = new BatchUsage(List.of(
                BatchUsage.priced(PRICES, "m", 3, new Tokens(1, 2, 3, 4, 5)),
                BatchUsage.priced(PRICES, "x", 2, new Tokens(10, 20, 30, 40, 50))));

        assertThat(usage.tokens()).isEqualTo(new Tokens(11, 22, 33, 44, 55));
    }

    @Test
    void costIsTheSumOfTheModels() {
        var usage = new BatchUsage(
                List.of(BatchUsage.priced(PRICES, "m", 1, TOKENS), BatchUsage.priced(PRICES, "n", 1, TOKENS)));

        assertThat(usage.models())
                .extracting(
                        model -> model.cost().orElseThrow().stripTrailingZeros().toPlainString())
                .containsExactly("1.5", "3");
        assertThat(usage.cost().orElseThrow()).isEqualByComparingTo("4.5");
    }

    @Test
    void thereIsNoPartialSum() {
        var usage = new BatchUsage(
                List.of(BatchUsage.priced(PRICES, "m", 1, TOKENS), BatchUsage.priced(PRICES, "x", 1, TOKENS)));

        assertThat(usage.cost()).isEmpty();
        assertThat(usage.models().get(0).cost()).isPresent();
        assertThat(usage.models().get(1).cost()).isEmpty();
    }

    @Test
    void isEmptyWithoutModels() {
        var usage = new BatchUsage(List.of());

        assertThat(usage.tokens()).isEqualTo(Tokens.NONE);
        assertThat(usage.cost()).isEmpty();
        assertThat(usage.json()).hasToString("""
            {"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"models":[]}""");
    }

    @Test
    void isWrittenWithTheNamesOfAnthropic() {
        var usage = new BatchUsage(List.of(BatchUsage.priced(PRICES, "m", 3, new Tokens(1_000_000, 2, 3, 4, 5))));

        assertThat(usage.json()).hasToString("""
            {"input_tokens":1000000,"output_tokens":2,"cache_creation_input_tokens":7,"cache_read_input_tokens":5,"cost":1.000022,\
            "models":[{"model":"m","requests":3,"input_tokens":1000000,"output_tokens":2,"cache_creation_input_tokens":7,\
            "cache_read_input_tokens":5,"cost":1.000022}]}""");
    }

    @Test
    void withoutPricesNoCostIsWritten() {
        assertThat(new BatchUsage(List.of(BatchUsage.priced(new Prices(Map.of()), "m", 3, TOKENS)))
                        .json()
                        .toString())
                .doesNotContain("cost");
    }

    @Test
    void doesNotChangeWithItsSourceList() {
        var models = new ArrayList<>(List.of(BatchUsage.priced(PRICES, "m", 1, TOKENS)));
        var usage = new BatchUsage(models);

        models.clear();

        assertThat(usage.models()).hasSize(1);
    }
}
