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

/**
 * Stores usage in the database.
 *
 * <p>Safe for use by many threads.
 */
public final class UsageStore {

    private final Database database;

    UsageStore(Database database) {
        this.database = database;
    }

    boolean isOpen() {
        return database.isOpen();
    }

    /**
     * Adds usage, all of it or none. Adds rows in the order of {@link UsageKey}, so that two servers do not deadlock.
     */
    void add(SortedMap<UsageKey, TokenUse> used) {
        database.transaction(connection -> {
            for (Map.Entry<UsageKey, TokenUse> one : used.entrySet()) {
                add(connection, database.application(), one.getKey(), one.getValue());
            }
            return null;
        });
    }

    /**
     * Adds the usage of requests of a batch, in the transaction that stores their results.
     *
     * @param application that owns the batch
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

    /** Adds the usage of one key in a larger transaction. */
    private static void add(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
            throws SQLException {
        // Two servers, or two parts of a batch, may add the first usage of a day at the same moment. The second one
        // then adds to the row of the first.
        if (!update(connection, application, key, use)
                && !insert(connection, application, key, use)
                && !update(connection, application, key, use)) {
            throw new SQLException("A row of claude_usage can neither be updated nor inserted");
        }
    }

    private static boolean update(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
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

    private static boolean insert(Connection connection, ApplicationName application, UsageKey key, TokenUse use)
            throws SQLException {
        Tokens tokens = use.tokens();
        return Sql.insertIfAbsent(
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

    /** Returns a name, such as that of a model, in a form that the database can store. */
    public static String storable(String name) {
        return UsageKey.storable(name);
    }

    /**
     * Returns usage, ordered by day.
     *
     * @param most maximum number of rows
     */
    Map<UsageKey, TokenUse> find(UsageQuery query, int most) {
        var condition = new StringBuilder("application = ? and used_on >= ? and used_on <= ?");
        var values = new ArrayList<Object>(List.of(database.application().value(), query.from(), query.to()));
        // Stored names are storable names. Another name cannot match, and PostgreSQL would reject it.
        query.caller().ifPresent(caller -> addCondition("caller", UsageKey.storable(caller), condition, values));
        query.model().ifPresent(model -> addCondition("model", UsageKey.storable(model), condition, values));
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

    /**
     * Returns the tokens that callers used on a day for messages, of all models. Does not contain callers without
     * usage.
     */
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

    private static void addCondition(String column, String value, StringBuilder condition, List<Object> values) {
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

    void deleteBefore(LocalDate day) {
        database.transaction(connection -> Sql.update(
                connection,
                "delete from claude_usage where application = ? and used_on < ?",
                database.application().value(),
                day));
    }
}
