package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tokens and the cost of a batch, over all parts whose results were read. Only requests that succeeded are paid
 * for, and no request succeeds twice.
 */
@PublicApi
public record BatchUsage(List<ModelUsage> models) {

    /**
     * The tokens and the cost of one model.
     *
     * @param cost at batch prices; empty if the model has no prices
     */
    public record ModelUsage(String model, long requests, Tokens tokens, Optional<BigDecimal> cost) {}

    public BatchUsage {
        models = List.copyOf(models);
    }

    static ModelUsage priced(Prices prices, String model, long requests, Tokens tokens) {
        return new ModelUsage(model, requests, tokens, prices.ofBatch(model, tokens));
    }

    public Tokens tokens() {
        return models.stream().map(ModelUsage::tokens).reduce(Tokens.NONE, Tokens::plus);
    }

    /** Returns the total cost; empty if a model has no prices, because a partial sum would be misleading. */
    public Optional<BigDecimal> cost() {
        var costs = new ArrayList<BigDecimal>();
        models.forEach(model -> model.cost().ifPresent(costs::add));
        return costs.isEmpty() || costs.size() < models.size()
                ? Optional.empty()
                : costs.stream().reduce(BigDecimal::add);
    }

    JsonObject json() {
        var list = Json.createArrayBuilder();
        models.forEach(model -> list.add(with(
                Json.createObjectBuilder().add("model", model.model()).add("requests", model.requests()),
                model.tokens(),
                model.cost())));
        return with(Json.createObjectBuilder(), tokens(), cost())
                .add("models", list)
                .build();
    }

    private static JsonObjectBuilder with(JsonObjectBuilder json, Tokens tokens, Optional<BigDecimal> cost) {
        json.add("input_tokens", tokens.input())
                .add("output_tokens", tokens.output())
                .add("cache_creation_input_tokens", tokens.cacheWrite() + tokens.cacheWrite1h())
                .add("cache_read_input_tokens", tokens.cacheRead());
        cost.ifPresent(amount -> json.add("cost", amount));
        return json;
    }
}
