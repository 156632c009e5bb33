package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Page;
import io.github.claudejakarta.web.PageRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListingTest {

    private static final Listing LISTING = new Listing("thing", "id", "is_there = true");
    private static final ApplicationName OURS = new ApplicationName("ours");
    private static final Caller ALICE = new Caller("alice", false);

    private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:listing", "claude", "claude");
    private Connection connection;

    @BeforeEach
    void open() throws Exception {
        connection = pool.getConnection();
        Sql.update(
                connection,
                "create table thing (ordinal bigint generated always as identity primary key, id varchar(9), application varchar(9), owner varchar(9),"
                        + " status varchar(9), is_there boolean)");
        for (int i = 0; i < 6; i++) {
            add("a" + i, "alice", i % 2 == 0 ? "even" : "odd", true);
        }
        add("hidden", "alice", "even", false);
        add("b", "bob", "even", true);
    }

    private void add(String id, String owner, String status, boolean isThere) throws SQLException {
        Sql.update(
                connection,
                "insert into thing (application, id, owner, status, is_there) values ('ours', ?, ?, ?, ?)",
                id,
                owner,
                status,
                isThere);
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
        pool.dispose();
    }

    private Page<String> page(Caller caller, String status, String limit, String afterId, String beforeId)
            throws SQLException {
        return LISTING.page(
                connection,
                OURS,
                new Listing.Query(caller, Optional.ofNullable(status), PageRequest.of(limit, afterId, beforeId)),
                row -> row.getString(1));
    }

    private static void requirePage(Page<String> page, boolean hasMore, String... ids) {
        assertThat(page.items()).containsExactly(ids);
        assertThat(page.hasMore()).isEqualTo(hasMore);
    }

    @Test
    void listsNewestRowsFirst() throws Exception {
        requirePage(page(ALICE, null, null, null, null), false, "a5", "a4", "a3", "a2", "a1", "a0");
    }

    @Test
    void pagesInBothDirections() throws Exception {
        requirePage(page(ALICE, null, "2", null, null), true, "a5", "a4");
        requirePage(page(ALICE, null, "2", "a4", null), true, "a3", "a2");
        requirePage(page(ALICE, null, "2", "a2", null), false, "a1", "a0");
        requirePage(page(ALICE, null, "2", "a0", null), false);
        requirePage(page(ALICE, null, "2", null, "a0"), true, "a2", "a1");
        requirePage(page(ALICE, null, "3", null, "a2"), false, "a5", "a4", "a3");
        requirePage(page(ALICE, null, "2", null, "a5"), false);
    }

    @Test
    void listsRowsOfOneApplication() throws Exception {
        Sql.update(
                connection,
                "insert into thing (application, id, owner, status, is_there) values ('theirs', 'x', 'alice', 'odd', true)");

        requirePage(page(ALICE, null, "1", null, null), true, "a5");
        requirePage(page(Caller.EVERYBODY, "odd", null, null, null), false, "a5", "a3", "a1");
        assertThat(catchThrowableOfType(ClaudeException.class, () -> page(Caller.EVERYBODY, null, null, "x", null))
                        .errorMessage())
                .contains("after_id");
    }

    @Test
    void aFullLastPageHasNoMoreRows() throws Exception {
        requirePage(page(ALICE, null, "6", null, null), false, "a5", "a4", "a3", "a2", "a1", "a0");
        assertThat(page(ALICE, null, "5", null, null).hasMore()).isTrue();
    }

    @Test
    void listsRowsOfOneStatus() throws Exception {
        requirePage(page(ALICE, "odd", "2", null, null), true, "a5", "a3");
        requirePage(page(ALICE, "odd", null, "a4", null), false, "a3", "a1");
        requirePage(page(ALICE, "none", null, null, null), false);
    }

    @Test
    void listsTheCallersOwnRows() throws Exception {
        requirePage(page(new Caller("bob", false), null, null, null, null), false, "b");
        requirePage(page(new Caller("carol", false), null, null, null, null), false);
        assertThat(page(new Caller("carol", true), null, null, null, null).items())
                .startsWith("b", "a5")
                .hasSize(7);
        requirePage(page(Caller.EVERYBODY, null, "1", null, "a5"), false, "b");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-,b,-,after_id",
                "-,-,b,before_id",
                "-,hidden,-,after_id",
                "-,none,-,after_id",
                "-,a0,a1,cannot be combined",
                "0,-,-,limit",
                "x,-,-,limit"
            })
    void invalidPagesAreRejected(String limit, String afterId, String beforeId, String message) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> page(ALICE, null, limit, afterId, beforeId));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).contains(message);
    }

    @Test
    void pagingContinuesWhileRowsChange() throws Exception {
        List<String> first = page(ALICE, null, "3", null, null).items();
        add("new", "alice", "even", true);

        requirePage(page(ALICE, null, "3", first.get(2), null), false, "a2", "a1", "a0");
    }
}
