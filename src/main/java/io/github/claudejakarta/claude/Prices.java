package io.github.claudejakarta.claude;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Prices of tokens by model, as they are configured ({@code claude.prices.<model>.input} and so on).
 *
 * <pre>{@code
 * @Inject Prices prices;
 *
 * Optional<BigDecimal> cost = prices.of(message.model(), message.usage());
 * }</pre>
 *
 * <p>A model has the prices of its own name, or of the longest configured name that it begins with and continues with a
 * hyphen: prices of {@code claude-haiku-4-5} apply to {@code claude-haiku-4-5-20251001} too. Amounts are in the
 * currency in which the prices were configured, rounded to a millionth.
 *
 * <p>Immutable and safe for use by many threads.
 */
@PublicApi
public final class Prices {

    /** The share of the usual price that a batch costs. */
    private static final BigDecimal BATCH = new BigDecimal("0.5");

    private static final BigDecimal MILLION = BigDecimal.valueOf(1_000_000);
    private static final int DIGITS = 6;

    /**
     * The prices of one model for a million tokens, in the configured currency.
     *
     * @param cacheWrite price of input that is written to the cache for five minutes
     * @param cacheWrite1h price of input that is written to the cache for an hour
     */
    public record Price(
            BigDecimal input, BigDecimal output, BigDecimal cacheWrite, BigDecimal cacheWrite1h, BigDecimal cacheRead) {

        private static final BigDecimal WRITE = new BigDecimal("1.25");
        private static final BigDecimal WRITE_1H = new BigDecimal("2");
        private static final BigDecimal READ = new BigDecimal("0.1");

        public Price {
            Objects.requireNonNull(input, "input");
            Objects.requireNonNull(output, "output");
            Objects.requireNonNull(cacheWrite, "cacheWrite");
            Objects.requireNonNull(cacheWrite1h, "cacheWrite1h");
            Objects.requireNonNull(cacheRead, "cacheRead");
        }

        /**
         * Returns prices with Anthropic's usual ratios for caching: 1.25 (write), 2 (write for an hour) and 0.1 (read)
         * times the input price.
         */
        public static Price of(BigDecimal input, BigDecimal output) {
            return new Price(input, output, input.multiply(WRITE), input.multiply(WRITE_1H), input.multiply(READ));
        }
    }

    /** Numbers of billed tokens. */
    public record Tokens(long input, long output, long cacheWrite, long cacheWrite1h, long cacheRead) {

        public static final Tokens NONE = new Tokens(0, 0, 0, 0, 0);

        /**
         * Returns the tokens of a message. Cache writes whose duration the usage does not state count as five minutes.
         */
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

    /**
     * Returns the cost of one message's tokens. Empty if a model that wrote the message has no prices.
     *
     * <p>A message of a batch costs half: its usage has the service tier {@code batch}. If several passes or models
     * wrote the message ({@link Usage#iterations}: compaction, a fallback, an advisor), each pass costs the price of
     * its own model. The totals of such a message do not include the tokens of all passes.
     *
     * <p>Not included are fees that are not for tokens, such as web searches, and surcharges or discounts of fast mode,
     * priority tier, regions and contracts.
     *
     * @param model the model that answered: {@link Message#model()}
     */
    public Optional<BigDecimal> of(String model, Usage usage) {
        BigDecimal rate = usage.serviceTier().filter("batch"::equals).isPresent() ? BATCH : BigDecimal.ONE;
        List<Usage.Iteration> passes = usage.iterations();
        if (passes.isEmpty()) {
            return cost(model, Tokens.of(usage), rate);
        }
        BigDecimal sum = BigDecimal.ZERO;
        for (Usage.Iteration pass : passes) {
            Optional<Price> price = price(pass.model().orElse(model));
            if (price.isEmpty()) {
                return Optional.empty();
            }
            sum = sum.add(cost(price.get(), Tokens.of(pass.usage())));
        }
        return Optional.of(rounded(sum.multiply(rate)));
    }

    /** Returns the cost of a batch's tokens. Empty for a model without prices. */
    public Optional<BigDecimal> ofBatch(String model, Tokens tokens) {
        return cost(model, tokens, BATCH);
    }

    /**
     * Returns the cost of the tokens of messages that were requested individually. Empty for a model without prices.
     */
    public Optional<BigDecimal> ofMessages(String model, Tokens tokens) {
        return cost(model, tokens, BigDecimal.ONE);
    }

    private Optional<BigDecimal> cost(String model, Tokens tokens, BigDecimal rate) {
        return price(model).map(price -> rounded(cost(price, tokens).multiply(rate)));
    }

    private Optional<Price> price(String model) {
        return prices.keySet().stream()
                .filter(name -> model.equals(name) || model.startsWith(name + "-"))
                .max(Comparator.comparingInt(String::length))
                .map(prices::get);
    }

    private static BigDecimal rounded(BigDecimal amount) {
        return amount.divide(MILLION, DIGITS, RoundingMode.HALF_UP);
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
