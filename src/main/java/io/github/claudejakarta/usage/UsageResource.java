package io.github.claudejakarta.usage;

import de.siegmar.fastcsv.writer.CsvWriter;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.web.Caller;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.OutputStreamWriter;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The resource {@code /v1/usage}: tokens and cost by caller, model and day. A caller sees its own usage, an admin sees
 * all usage.
 */
public abstract class UsageResource {

    private static final String CSV = "text/csv";
    private static final int DEFAULT_DAYS = 30;
    private static final int MAX_DAYS = 400;
    static final int MAX_ROWS = 50_000;

    @Inject
    private UsageLedger ledger;

    @Inject
    private Prices prices;

    @Context
    private SecurityContext security;

    /** One line of the response. */
    private record Row(UsageKey key, TokenUse use, Optional<BigDecimal> cost) {}

    /**
     * Returns usage as JSON.
     *
     * @param from the first day, such as {@code 2026-11-26}; default: 29 days before {@code to}
     * @param to the last day; default: today in UTC
     * @param caller default: all callers
     * @param model default: all models
     */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    public JsonObject json(
            @QueryParam("from") String from,
            @QueryParam("to") String to,
            @QueryParam("caller") String caller,
            @QueryParam("model") String model) {
        List<Row> rows = rows(from, to, caller, model);
        var data = Json.createArrayBuilder();
        rows.forEach(row -> data.add(with(key(row.key()), row.use(), row.cost())));
        TokenUse total = rows.stream().map(Row::use).reduce(TokenUse.NONE, TokenUse::plus);
        return Json.createObjectBuilder()
                .add("data", data)
                .add("total", with(Json.createObjectBuilder(), total, totalCost(rows)))
                .build();
    }

    private static JsonObjectBuilder key(UsageKey key) {
        var json = Json.createObjectBuilder()
                .add("day", key.day().toString())
                .add("caller", key.caller())
                .add("model", key.model())
                .add("kind", key.kind().toString());
        return key.isSimulated() ? json.add("simulator", true) : json;
    }

    @GET
    @Produces(CSV + ";qs=0.5")
    public Response csv(
            @QueryParam("from") String from,
            @QueryParam("to") String to,
            @QueryParam("caller") String caller,
            @QueryParam("model") String model) {
        List<Row> rows = rows(from, to, caller, model);
        return Response.ok((StreamingOutput) out -> {
                    var writer = new OutputStreamWriter(out, Surrogates.encoder());
                    // Not closed, because the stream belongs to the container.
                    CsvWriter csv = CsvWriter.builder().build(writer);
                    csv.writeRecord(
                            "day",
                            "caller",
                            "model",
                            "kind",
                            "requests",
                            "input_tokens",
                            "output_tokens",
                            "cache_creation_input_tokens",
                            "cache_read_input_tokens",
                            "cost",
                            "simulator");
                    for (Row row : rows) {
                        Tokens tokens = row.use().tokens();
                        csv.writeRecord(
                                row.key().day().toString(),
                                row.key().caller(),
                                row.key().model(),
                                row.key().kind().toString(),
                                Long.toString(row.use().requests()),
                                Long.toString(tokens.input()),
                                Long.toString(tokens.output()),
                                Long.toString(tokens.cacheWrite() + tokens.cacheWrite1h()),
                                Long.toString(tokens.cacheRead()),
                                row.cost().map(BigDecimal::toPlainString).orElse(""),
                                row.key().isSimulated() ? "true" : "");
                    }
                    csv.flush();
                    writer.flush();
                })
                .type(MediaType.valueOf(CSV).withCharset("utf-8"))
                .build();
    }

    private List<Row> rows(String from, String to, String caller, String model) {
        LocalDate last = day("to", to).orElseGet(ledger::today);
        LocalDate first = day("from", from).orElseGet(() -> last.minusDays(DEFAULT_DAYS - 1L));
        if (first.isAfter(last)) {
            throw invalid("from: Input should not be after to");
        }
        if (ChronoUnit.DAYS.between(first, last) >= MAX_DAYS) {
            throw invalid("from: Input should not be more than " + MAX_DAYS + " days before to");
        }
        Caller asker = Caller.of(security);
        if (caller != null && !asker.canSee(caller)) {
            return List.of();
        }
        Optional<String> owner = asker.isAdmin() ? Optional.ofNullable(caller) : Optional.of(asker.name());
        Map<UsageKey, TokenUse> used =
                ledger.find(new UsageQuery(first, last, owner, Optional.ofNullable(model)), MAX_ROWS + 1);
        if (used.size() > MAX_ROWS) {
            throw invalid(
                    "from: the result has more than " + MAX_ROWS + " rows. Request fewer days, or one caller or model");
        }
        return used.entrySet().stream()
                .map(row -> new Row(
                        row.getKey(),
                        row.getValue(),
                        cost(row.getKey(), row.getValue().tokens())))
                .toList();
    }

    private Optional<BigDecimal> cost(UsageKey key, Tokens tokens) {
        return key.kind() == UsageKey.Kind.BATCH
                ? prices.ofBatch(key.model(), tokens)
                : prices.ofMessages(key.model(), tokens);
    }

    /**
     * Returns the total cost. Empty if the price of a model is unknown, because a partial sum would look like the
     * total.
     */
    private static Optional<BigDecimal> totalCost(List<Row> rows) {
        return rows.stream().allMatch(row -> row.cost().isPresent())
                ? rows.stream().map(row -> row.cost().orElseThrow()).reduce(BigDecimal::add)
                : Optional.empty();
    }

    private static Optional<LocalDate> day(String name, String text) {
        try {
            return Optional.ofNullable(text).map(LocalDate::parse);
        } catch (DateTimeParseException e) {
            throw invalid(name + ": Input should be a day, such as 2026-11-26");
        }
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    private static JsonObjectBuilder with(JsonObjectBuilder json, TokenUse use, Optional<BigDecimal> cost) {
        Tokens tokens = use.tokens();
        json.add("requests", use.requests())
                .add("input_tokens", tokens.input())
                .add("output_tokens", tokens.output())
                .add("cache_creation_input_tokens", tokens.cacheWrite() + tokens.cacheWrite1h())
                .add("cache_read_input_tokens", tokens.cacheRead());
        cost.ifPresent(amount -> json.add("cost", amount));
        return json;
    }
}
