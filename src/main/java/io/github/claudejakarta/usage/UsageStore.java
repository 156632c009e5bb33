package io.github.claudejakarta.usage;

import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** Usage in the database. */
public final class UsageStore {

    private final Database database;

    UsageStore(Database database) {
        this.database = database;
    }

    boolean isOpen() {
        return database.isOpen();
    }

    /** Adds all of it, or nothing; in the order of {@link UsageKey}, so that two servers do not wait for each other. */
    void add(SortedMap<UsageKey, TokenUse> used) {
        database.transaction(connection -> {
            for (Map.Entry<UsageKey, TokenUse> one : used.entrySet()) {
                add(connection, database.application(), one.getKey(), one.getValue());
            }
            return null;
        });
    }

    /**
     * Adds what requests of a batch have used, in the transaction that makes it known.
     *
     * @param application that the batch belongs to
     * @param day in UTC
     * @param isSimulated whether a simulator answered
     */
    public static void addBatch(
            Connection connection,
            ApplicationName application,
            LocalDate day,
            String caller,
            String model,
            boolean isSimulated,
            TokenUse use)
            throws SQLException {
        add(connection, application, new UsageKey(day, caller, model, UsageKey.Kind.BATCH, isSimulated), use);
    }

    /** Adds it in a transaction that does more. */
    private static void add(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
            throws SQLException {
        // The first of a day may come from two servers, or two parts of a batch, at the same moment: the later one adds
        // to the row of the other.
        if (!added(connection, application, key, use)
                && !inserted(connection, application, key, use)
                && !added(connection, application, key, use)) {
            throw new SQLException("A row of claude_usage is neither there nor can it be made");
        }
    }

    private static boolean added(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
            throws SQLException {
        Tokens tokens = use.tokens();
        return Sql.update(
                        connection,
                        """
            update claude_usage set requests = requests + ?, input_tokens = input_tokens + ?, output_tokens = output_tokens + ?,
                   cache_write_5m_tokens = cache_write_5m_tokens + ?, cache_write_1h_tokens = cache_write_1h_tokens + ?,
                   cache_read_tokens = cache_read_tokens + ?
            where application = ? and used_on = ? and caller = ? and model = ? and kind = ? and simulated = ?""",
                        use.requests(),
                        tokens.input(),
                        tokens.output(),
                        tokens.cacheWrite(),
                        tokens.cacheWrite1h(),
                        tokens.cacheRead(),
                        application.value(),
                        key.day(),
                        key.caller(),
                        key.model(),
                        key.kind().toString(),
                        key.isSimulated())
                > 0;
    }

    private static boolean inserted(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
            throws SQLException {
        Tokens tokens = use.tokens();
        return Sql.insertedUnlessThere(
                connection,
                """
            insert into claude_usage (application, used_on, caller, model, kind, simulated, requests, input_tokens, output_tokens, cache_write_5m_tokens,
                                      cache_write_1h_tokens, cache_read_tokens)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                application.value(),
                key.day(),
                key.caller(),
                key.model(),
                key.kind().toString(),
                key.isSimulated(),
                use.requests(),
                tokens.input(),
                tokens.output(),
                tokens.cacheWrite(),
                tokens.cacheWrite1h(),
                tokens.cacheRead());
    }

    /** A name as it can be stored, whatever it has come with: that of a model, say. */
    public static String storable(String name) {
        return UsageKey.storable(name);
    }

    /** In order of the days; not more rows than this, whatever there is. */
    Map<UsageKey, TokenUse> find(UsageQuery query, int most) {
        var condition = new StringBuilder("application = ? and used_on >= ? and used_on <= ?");
        var values = new ArrayList<Object>(List.of(database.application().value(), query.from(), query.to()));
        // What is stored has been made storable; what is not cannot be there, and PostgreSQL would refuse it.
        query.caller().ifPresent(caller -> is("caller", UsageKey.storable(caller), condition, values));
        query.model().ifPresent(model -> is("model", UsageKey.storable(model), condition, values));
        values.add(most);
        return database.use(connection -> {
            var used = new LinkedHashMap<UsageKey, TokenUse>();
            Sql.<RuntimeException>each(
                    connection,
                    "select * from claude_usage where " + condition
                            + " order by application, used_on, caller, model, kind, simulated limit ?",
                    row -> used.put(key(row), use(row)),
                    values.toArray());
            return used;
        });
    }

    /** What callers have used on a day by messages, of all models; who has used nothing is not in it. */
    Map<String, Tokens> ofMessages(LocalDate day, Set<String> callers) {
        var values =
                new ArrayList<Object>(List.of(database.application().value(), day, UsageKey.Kind.MESSAGES.toString()));
        values.addAll(callers);
        return database.use(connection -> {
            var used = new HashMap<String, Tokens>();
            Sql.<RuntimeException>each(
                    connection,
                    "select * from claude_usage where application = ? and used_on = ? and kind = ? and caller in ("
                            + Sql.placeholders(callers.size()) + ")",
                    row -> used.merge(row.getString("caller"), use(row).tokens(), Tokens::plus),
                    values.toArray());
            return used;
        });
    }

    private static void is(String column, String value, StringBuilder condition, List<Object> values) {
        condition.append(" and ").append(column).append(" = ?");
        values.add(value);
    }

    private static UsageKey key(ResultSet row) throws SQLException {
        return new UsageKey(
                row.getObject("used_on", LocalDate.class),
                row.getString("caller"),
                row.getString("model"),
                UsageKey.Kind.of(row.getString("kind")),
                row.getBoolean("simulated"));
    }

    private static TokenUse use(ResultSet row) throws SQLException {
        return new TokenUse(
                row.getLong("requests"),
                new Tokens(
                        row.getLong("input_tokens"),
                        row.getLong("output_tokens"),
                        row.getLong("cache_write_5m_tokens"),
                        row.getLong("cache_write_1h_tokens"),
                        row.getLong("cache_read_tokens")));
    }

    void forgetBefore(LocalDate day) {
        database.transaction(connection -> Sql.update(
                connection,
                "delete from claude_usage where application = ? and used_on < ?",
                database.application().value(),
                day));
    }
}
