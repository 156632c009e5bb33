package io.github.claudejakarta.claude;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What tokens cost, by model. Empty where nobody has said: then only tokens are counted.
 *
 * <p>A model has the prices of its own name, or of the longest name that it begins with and goes on from with a hyphen:
 * what is said of {@code claude-haiku-4-5} goes for {@code claude-haiku-4-5-20251001} too.
 */
@PublicApi
public final class Prices {

    /** Batches cost half (wire.md 4.3). */
    private static final BigDecimal BATCH = new BigDecimal("0.5");

    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);
    private static final int DIGITS = 6;

    /**
     * Prices of one model, for a million tokens, in whatever currency they were configured in.
     *
     * @param cacheWrite of input that is written to the cache for five minutes
     * @param cacheWrite1h for an hour
     */
    public record Price(
            BigDecimal input, BigDecimal output, BigDecimal cacheWrite, BigDecimal cacheWrite1h, BigDecimal cacheRead) {

        private static final BigDecimal WRITE = new BigDecimal("1.25");
        private static final BigDecimal WRITE_1H = new BigDecimal("2");
        private static final BigDecimal READ = new BigDecimal("0.1");

        public Price {
            Objects.requireNonNull(input, "input");
            Objects.requireNonNull(output, "output");
        }

        /** Caching at Anthropic's usual ratios: 1.25, 2 and 0.1 times the input. */
        public static Price of(BigDecimal input, BigDecimal output) {
            return new Price(input, output, input.multiply(WRITE), input.multiply(WRITE_1H), input.multiply(READ));
        }
    }

    /** Tokens that are paid for. */
    public record Tokens(long input, long output, long cacheWrite, long cacheWrite1h, long cacheRead) {

        public static final Tokens NONE = new Tokens(0, 0, 0, 0, 0);

        /** Those of a message; what it does not say of the cache's time counts as five minutes. */
        public static Tokens of(Usage usage) {
            long hour = usage.ephemeral1hInputTokens().orElse(0);
            return new Tokens(
                    usage.inputTokens(),
                    usage.outputTokens(),
                    Math.max(0, usage.cacheCreationInputTokens().orElse(0) - hour),
                    hour,
                    usage.cacheReadInputTokens().orElse(0));
        }

        public Tokens plus(Tokens other) {
            return new Tokens(
                    input + other.input,
                    output + other.output,
                    cacheWrite + other.cacheWrite,
                    cacheWrite1h + other.cacheWrite1h,
                    cacheRead + other.cacheRead);
        }
    }

    private final Map<String, Price> prices;

    public Prices(Map<String, Price> prices) {
        this.prices = Map.copyOf(prices);
    }

    /** What tokens of a batch cost; empty for a model without prices. */
    public Optional<BigDecimal> ofBatch(String model, Tokens tokens) {
        return cost(model, tokens, BATCH);
    }

    /** What tokens of messages cost that were asked for one by one; empty for a model without prices. */
    public Optional<BigDecimal> ofMessages(String model, Tokens tokens) {
        return cost(model, tokens, BigDecimal.ONE);
    }

    private Optional<BigDecimal> cost(String model, Tokens tokens, BigDecimal rate) {
        return prices.keySet().stream()
                .filter(name -> model.equals(name) || model.startsWith(name + "-"))
                .max(Comparator.comparingInt(String::length))
                .map(prices::get)
                .map(price -> cost(price, tokens).multiply(rate).divide(MILLION, DIGITS, RoundingMode.HALF_UP));
    }

    private static BigDecimal cost(Price price, Tokens tokens) {
        return price.input
                .multiply(BigDecimal.valueOf(tokens.input))
                .add(price.output.multiply(BigDecimal.valueOf(tokens.output)))
                .add(price.cacheWrite.multiply(BigDecimal.valueOf(tokens.cacheWrite)))
                .add(price.cacheWrite1h.multiply(BigDecimal.valueOf(tokens.cacheWrite1h)))
                .add(price.cacheRead.multiply(BigDecimal.valueOf(tokens.cacheRead)));
    }
}
