package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.api.MigrationVersion;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests that the next start completes an upgrade that was interrupted at any statement, from any version. The tables
 * are then those of a database that was upgraded without interruption, and the rows are still there. This includes each
 * script in the folder {@code schema}, also later ones.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MigrationContract {

    private static final String UNIQUE_VIOLATION = "23505";
    private static final Path SCRIPTS = Path.of("src/main/resources/io/github/claudejakarta/schema");
    private static final OffsetDateTime MOMENT = OffsetDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
    /** A statement of the script, and Flyway's record of the script. */
    private static final int LEAST_STATEMENTS = 2;
    /** Referenced here, because a logger without references loses its level. */
    private static final List<Logger> SILENCED =
            List.of(Logger.getLogger("org.flywaydb"), Logger.getLogger(Schema.class.getName()));

    private final List<String> versions = new ArrayList<>();
    private Map<String, Set<String>> whole;

    /** Returns an empty database. */
    abstract DataSource empty() throws Exception;

    /** Closes a database that is no longer used. */
    abstract void forget(DataSource source) throws Exception;

    /** Makes a database lose all clients and their uncommitted changes. */
    abstract void kill(DataSource source) throws SQLException;

    abstract boolean isH2();

    @BeforeAll
    void findVersions() throws Exception {
        SILENCED.forEach(logger -> logger.setLevel(Level.OFF));
        versions.add("0");
        try (var files = Files.list(SCRIPTS)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".sql"))
                    .map(name -> name.substring(1, name.indexOf("__")))
                    .sorted(Comparator.comparingInt(Integer::parseInt))
                    .forEach(versions::add);
        }
        DataSource source = empty();
        Impatient.opened(source);
        whole = shape(source);
        assertThat(whole).containsKeys("claude_batch", "claude_job", "claude_usage");
    }

    /**
     * The first start ends at the first statement, the next at the second, until one completes the upgrade. If a start
     * completes although a statement failed, the failure has no effect, and the test continues with another database.
     * In an empty database all scripts are interrupted; in one of an older version, with rows, the script that follows.
     */
    @Slow("an upgrade for each statement")
    @ParameterizedTest
    @EnumSource
    void anUpgradeInterruptedAtEachStatementIsCompletedByTheNextStarts(KilledSource.End end) throws Exception {
        for (String version : versions.subList(0, versions.size() - 1)) {
            String next = version.equals("0") ? newest() : versions.get(versions.indexOf(version) + 1);
            int last = 0;
            boolean isReached = true;
            while (isReached) {
                DataSource source = empty();
                Map<String, List<String>> rows = filled(source, version);
                boolean isUpgraded = false;
                while (!isUpgraded) {
                    var killed = new KilledSource(source, ++last, end, () -> killed(source));
                    isUpgraded = isUpgraded(killed, next);
                    isReached = killed.isReached();
                }
                Impatient.opened(source);
                String where = end + " at each of " + last + " statements of the upgrade from version " + version;
                assertThat(shape(source)).as(where).isEqualTo(whole);
                assertThat(rows(source, rows)).as(where).isEqualTo(rows);
                assertThat(count(source, "claude_lock where name = 'batch-sending'"))
                        .as(where)
                        .isEqualTo(1);
                forget(source);
            }
            assertThat(last).isGreaterThan(LEAST_STATEMENTS);
        }
    }

    private void killed(DataSource source) {
        try {
            kill(source);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean isUpgraded(KilledSource killed, String version) {
        try {
            if (version.equals(newest())) {
                Impatient.opened(killed.source());
            } else {
                upgrade(killed.source(), version);
            }
            return true;
        } catch (RuntimeException | KilledSource.Killed e) {
            assertThat(killed.isReached())
                    .as("the failure was caused by the test: " + e)
                    .isTrue();
            return false;
        }
    }

    @Test
    void everyScriptCanBeRunAgain() throws Exception {
        DataSource source = empty();
        Map<String, List<String>> rows = filled(source, newest());
        try (Connection connection = source.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("delete from \"" + Schema.HISTORY + "\"");
        }

        Impatient.opened(source);

        assertThat(shape(source)).isEqualTo(whole);
        assertThat(rows(source, rows)).isEqualTo(rows);
    }

    /** As in a database that was made before a script was edited. */
    @Test
    void aDatabaseWithOtherChecksumsOpens() throws Exception {
        DataSource source = empty();
        Map<String, List<String>> rows = filled(source, versions.get(versions.size() - 2));
        try (Connection connection = source.getConnection();
                var statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(
                            "update \"" + Schema.HISTORY + "\" set \"checksum\" = 1 where \"checksum\" is not null"))
                    .isPositive();
        }

        Impatient.opened(source);

        assertThat(shape(source)).isEqualTo(whole);
        assertThat(rows(source, rows)).isEqualTo(rows);
    }

    private String newest() {
        return versions.get(versions.size() - 1);
    }

    private void upgrade(DataSource source, String version) {
        new Schema(Impatient.SETTINGS, isH2()).upgrade(source, MigrationVersion.fromVersion(version));
    }

    /** Returns a database of this version with a row in each table. */
    private Map<String, List<String>> filled(DataSource source, String version) throws SQLException {
        if (version.equals("0")) {
            return Map.of();
        }
        upgrade(source, version);
        var empty = new TreeMap<String, List<String>>();
        try (Connection connection = source.getConnection()) {
            // Again, because one table may refer to another.
            List<String> left = tables(connection);
            for (int round = 0; !left.isEmpty() && round < tables(connection).size(); round++) {
                left.removeIf(table -> isFilled(connection, table));
            }
            assertThat(left).as("tables without a row").isEmpty();
            tables(connection).forEach(table -> empty.put(table, List.of()));
        }
        var columns = new TreeMap<String, List<String>>();
        try (Connection connection = source.getConnection()) {
            for (String table : empty.keySet()) {
                columns.put(table, columns(connection, table));
            }
        }
        return rows(source, columns);
    }

    /** The first element of each list contains the columns, which are those of the older version. */
    private static Map<String, List<String>> rows(DataSource source, Map<String, List<String>> tables)
            throws SQLException {
        var all = new TreeMap<String, List<String>>();
        try (Connection connection = source.getConnection()) {
            for (Map.Entry<String, List<String>> table : tables.entrySet()) {
                String names = table.getValue().get(0);
                var rows = new ArrayList<String>();
                Sql.<RuntimeException>each(
                        connection, "select " + names + " from " + table.getKey(), row -> rows.add(text(row)));
                rows.sort(null);
                rows.add(0, names);
                all.put(table.getKey(), rows);
            }
        }
        return all;
    }

    private static String text(ResultSet row) throws SQLException {
        var text = new StringBuilder();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            int type = row.getMetaData().getColumnType(i);
            boolean isBinary = type == Types.BINARY || type == Types.BLOB || type == Types.VARBINARY;
            String value = isBinary ? new String(row.getBytes(i), StandardCharsets.UTF_8) : row.getString(i);
            // V6 adds the application before the names of tasks.
            text.append(value == null ? null : value.replaceFirst("^tests/", ""))
                    .append('|');
        }
        return text.toString();
    }

    private static long count(DataSource source, String rows) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return Sql.one(connection, "select count(*) from " + rows, row -> row.getLong(1))
                    .orElseThrow();
        }
    }

    private static List<String> columns(Connection connection, String table) throws SQLException {
        try (ResultSet rows = connection.getMetaData().getColumns(null, null, stored(connection, table), null)) {
            var names = new ArrayList<String>();
            while (rows.next()) {
                if (!"YES".equals(rows.getString("IS_GENERATEDCOLUMN"))) {
                    names.add(rows.getString("COLUMN_NAME"));
                }
            }
            return List.of(String.join(",", names));
        }
    }

    private static boolean isFilled(Connection connection, String table) {
        try {
            var names = new ArrayList<String>();
            var values = new ArrayList<>();
            try (ResultSet rows = connection.getMetaData().getColumns(null, null, stored(connection, table), null)) {
                while (rows.next()) {
                    if (!"YES".equals(rows.getString("IS_AUTOINCREMENT"))
                            && !"YES".equals(rows.getString("IS_GENERATEDCOLUMN"))) {
                        names.add(rows.getString("COLUMN_NAME"));
                        values.add(value(rows.getInt("DATA_TYPE")));
                    }
                }
            }
            return Sql.update(
                            connection,
                            "insert into " + table + " (" + String.join(",", names) + ") values ("
                                    + String.join(
                                            ",", names.stream().map(name -> "?").toList()) + ")",
                            values.toArray())
                    == 1;
        } catch (SQLException e) {
            // The migration may have inserted this row.
            return UNIQUE_VIOLATION.equals(e.getSQLState());
        }
    }

    private static Object value(int type) {
        return switch (type) {
            case Types.BIGINT, Types.INTEGER -> 1;
            case Types.SMALLINT -> (short) 1;
            case Types.BOOLEAN, Types.BIT -> true;
            case Types.DATE -> MOMENT.toLocalDate();
            case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> MOMENT;
            case Types.BLOB, Types.BINARY, Types.VARBINARY -> "kept".getBytes(StandardCharsets.UTF_8);
            default -> "kept";
        };
    }

    /** H2 stores names in upper case. */
    private static String stored(Connection connection, String name) throws SQLException {
        return connection.getMetaData().storesUpperCaseIdentifiers() ? name.toUpperCase(Locale.ROOT) : name;
    }

    private static List<String> tables(Connection connection) throws SQLException {
        var tables = new ArrayList<String>();
        try (ResultSet rows = connection
                .getMetaData()
                .getTables(null, null, stored(connection, "claude_%"), new String[] {"TABLE", "BASE TABLE"})) {
            while (rows.next()) {
                tables.add(rows.getString("TABLE_NAME").toLowerCase(Locale.ROOT));
            }
        }
        // Flyway's table, which may lack its index after a kill and works without it.
        tables.remove(Schema.HISTORY);
        return tables;
    }

    /** Returns the columns, keys and indexes of all tables. */
    private static Map<String, Set<String>> shape(DataSource source) throws SQLException {
        var shape = new TreeMap<String, Set<String>>();
        try (Connection connection = source.getConnection()) {
            DatabaseMetaData data = connection.getMetaData();
            for (String table : tables(connection)) {
                String stored = stored(connection, table);
                var parts = new TreeSet<String>();
                add(
                        parts,
                        data.getColumns(null, null, stored, null),
                        "COLUMN_NAME",
                        "TYPE_NAME",
                        "COLUMN_SIZE",
                        "IS_NULLABLE",
                        "IS_AUTOINCREMENT");
                add(parts, data.getPrimaryKeys(null, null, stored), "COLUMN_NAME", "KEY_SEQ");
                add(parts, data.getImportedKeys(null, null, stored), "FKCOLUMN_NAME", "PKTABLE_NAME", "DELETE_RULE");
                add(
                        parts,
                        data.getIndexInfo(null, null, stored, false, true),
                        "NON_UNIQUE",
                        "ORDINAL_POSITION",
                        "COLUMN_NAME");
                shape.put(table, parts);
            }
        }
        return shape;
    }

    private static void add(Set<String> parts, ResultSet rows, String... columns) throws SQLException {
        try (rows) {
            while (rows.next()) {
                var part = new StringBuilder();
                for (String column : columns) {
                    part.append(column)
                            .append('=')
                            .append(rows.getString(column))
                            .append(' ');
                }
                parts.add(part.toString());
            }
        }
    }
}
