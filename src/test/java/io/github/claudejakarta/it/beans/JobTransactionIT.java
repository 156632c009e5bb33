package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.conversation.ConversationMessage;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobListener;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobRequest;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.transaction.Status;
import jakarta.transaction.Transactional;
import jakarta.transaction.UserTransaction;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.naming.InitialContext;
import javax.sql.DataSource;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A job that is submitted in an application's transaction exists after the commit, and never exists after a rollback.
 */
@ExtendWith(ArquillianExtension.class)
class JobTransactionIT {

    private static final MessageRequest REQUEST = MessageRequest.of("claude-opus-5-5", 64, Api.PROMPT);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @Inject
    JobManagerBean jobs;

    @Inject
    ConversationManagerBean conversations;

    @Inject
    Application application;

    @Inject
    Bookkeeper bookkeeper;

    @Inject
    UpstreamInside inside;

    private ScriptedUpstream upstream;
    private UserTransaction transaction;

    @Deployment
    static WebArchive war() {
        return RealWar.withTestsInside(
                        FaultTolerance.NO_BREAKER,
                        FaultTolerance.NO_RETRIES,
                        "claude.job.max-attempts=1",
                        "claude.webhooks.secret=whsec_dGhlIHNlY3JldCBvZiB0aGUgaW50ZWdyYXRpb24gdGVzdHM=")
                .addClasses(UpstreamInside.class, Api.class, Wire.class, FaultTolerance.class);
    }

    record Sold() {}

    /** An application with container-managed transactions. */
    @ApplicationScoped
    public static class Application {

        @Inject
        private JobManagerBean jobs;

        @Inject
        private Event<Sold> sales;

        private Job latest;

        @Transactional
        public void sell() {
            sales.fire(new Sold());
        }

        void afterwards(@Observes(during = TransactionPhase.AFTER_SUCCESS) Sold event) {
            latest = jobs.submit(REQUEST);
        }

        @Transactional
        public Job submit() {
            return jobs.submit(REQUEST);
        }

        @Transactional
        public void submitAndFail() {
            latest = jobs.submit(REQUEST);
            throw new IllegalStateException("An error of the application");
        }

        @Transactional
        public void submitInvalidJobAndContinue(Database database) throws Exception {
            try {
                jobs.submit(JobRequest.of(REQUEST).withCallback(URI.create("https://10.0.0.1/")));
            } catch (ClaudeException e) {
                database.insert("refused");
            }
        }

        Job latest() {
            return latest;
        }
    }

    /** Inserts a row into the application's database when a job ends, and then fails the first time. */
    @ApplicationScoped
    public static class Bookkeeper implements JobListener {

        static final JsonObject BOOKED =
                Json.createObjectBuilder().add("booked", true).build();
        /** Not XA: the module's record of the call is not in the listener's transaction. */
        static final String DATABASE = "jdbc/app-one-phase";

        private final AtomicInteger calls = new AtomicInteger();

        @Inject
        private Slip slip;

        int calls() {
            return calls.get();
        }

        @Override
        public void onEnd(Job job) throws Exception {
            if (job.metadata().filter(BOOKED::equals).isPresent()) {
                new Database(InitialContext.doLookup(DATABASE)).insert(slip.textOf(job));
                if (calls.incrementAndGet() == 1) {
                    throw new IllegalStateException("An error of the application");
                }
            }
        }
    }

    /** A bean with the lifetime of a request. */
    @RequestScoped
    public static class Slip {

        String textOf(Job job) {
            return job.message().orElseThrow().text();
        }
    }

    /** The application's database. */
    record Database(DataSource source) {

        static Database of(String name) throws Exception {
            var database = new Database(InitialContext.doLookup(name));
            database.execute("create table if not exists ledger (name varchar(100))");
            database.execute("delete from ledger");
            return database;
        }

        void insert(String name) throws SQLException {
            execute("insert into ledger values ('" + name + "')");
        }

        private void execute(String sql) throws SQLException {
            try (var connection = source.getConnection();
                    var statement = connection.createStatement()) {
                statement.execute(sql);
            }
        }

        int rows() throws SQLException {
            try (var connection = source.getConnection();
                    var statement = connection.createStatement();
                    var rows = statement.executeQuery("select count(*) from ledger")) {
                rows.next();
                return rows.getInt(1);
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        upstream = inside.forgetful();
        upstream.otherwise(request -> Wire.helloScript());
        transaction = InitialContext.doLookup("java:comp/UserTransaction");
    }

    @AfterEach
    void stop() throws Exception {
        if (transaction.getStatus() != Status.STATUS_NO_TRANSACTION) {
            transaction.rollback();
        }
        jobs.list(1000).stream().filter(job -> !job.status().hasEnded()).forEach(job -> jobs.cancel(job.id()));
    }

    private static <T> T elsewhere(Callable<T> work) throws Exception {
        ExecutorService threads = InitialContext.doLookup("java:comp/DefaultManagedExecutorService");
        return threads.submit(work).get(20, TimeUnit.SECONDS);
    }

    /**
     * Runs another job. Due jobs run in any order, so when this one has ended, the others would have reached Claude
     * too.
     */
    private void runAnother() throws Exception {
        elsewhere(() -> jobs.await(jobs.submit(REQUEST).id(), TIMEOUT));
    }

    private void assertNeverWas(Job... submitted) throws Exception {
        runAnother();
        for (Job job : submitted) {
            assertThat(jobs.find(job.id())).isEmpty();
            assertThat(jobs.list(1000)).extracting(Job::id).doesNotContain(job.id());
        }
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void aRolledBackJobNeverExists() throws Exception {
        transaction.begin();
        Job job = jobs.submit(REQUEST);
        transaction.rollback();

        assertNeverWas(job);
    }

    @Test
    void aCommittedJobRunsAndNotBeforeTheCommit() throws Exception {
        transaction.begin();
        Job job = jobs.submit(REQUEST);

        runAnother();
        assertThat(upstream.requests()).hasSize(1);
        assertThat(jobs.find(job.id())).isEmpty();
        assertThat(elsewhere(() -> jobs.find(job.id()))).isEmpty();
        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
        transaction.commit();

        assertThat(jobs.find(job.id())).isPresent();
        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void allJobsOfATransactionShareItsOutcome() throws Exception {
        transaction.begin();
        Job first = jobs.submit(REQUEST);
        Job second = jobs.submit(REQUEST);
        transaction.rollback();
        assertNeverWas(first, second);

        transaction.begin();
        Job third = jobs.submit(REQUEST);
        Job fourth = jobs.submit(REQUEST);
        transaction.commit();
        assertThat(jobs.await(third.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(jobs.await(fourth.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    void onlySubmissionsJoinTheTransaction() throws Exception {
        Job job = application.submit();
        transaction.begin();

        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(jobs.list(1)).extracting(Job::id).containsExactly(job.id());
        assertThatThrownBy(() -> jobs.cancel(job.id())).isInstanceOf(ClaudeException.class);

        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
        transaction.rollback();
        assertThat(jobs.find(job.id())).isPresent();
    }

    @Test
    void containerManagedTransactionsApply() throws Exception {
        assertThat(jobs.await(application.submit().id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        upstream.forget();
        upstream.otherwise(request -> Wire.helloScript());

        assertThatThrownBy(application::submitAndFail).isInstanceOf(IllegalStateException.class);

        assertNeverWas(application.latest());
    }

    /** The ended transaction is still associated with the thread, but accepts no more work. */
    @Test
    void anObserverAfterTheCommitSubmitsOutsideTheTransaction() throws Exception {
        application.sell();

        assertThat(jobs.await(application.latest().id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    void aRejectionDoesNotChangeTheTransaction() throws Exception {
        transaction.begin();
        Job before = jobs.submit(REQUEST);
        assertThatThrownBy(() -> jobs.submit(JobRequest.of(REQUEST).withCallback(URI.create("https://10.0.0.1/"))))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(ErrorType.INVALID_REQUEST));
        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_ACTIVE);
        Job after = jobs.submit(REQUEST);
        transaction.commit();

        for (Job job : List.of(before, after)) {
            assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        }
        var database = Database.of("jdbc/app");
        application.submitInvalidJobAndContinue(database);
        assertThat(database.rows()).isEqualTo(1);
    }

    @Test
    void aJobInATransactionMarkedForRollbackNeverExists() throws Exception {
        transaction.begin();
        transaction.setRollbackOnly();

        Job job = jobs.submit(REQUEST);
        transaction.rollback();

        assertNeverWas(job);
    }

    @Test
    void aListenersWritesAreCommittedWhenItSucceeds() throws Exception {
        var database = Database.of(Bookkeeper.DATABASE);

        Job job = jobs.submit(JobRequest.of(REQUEST).withMetadata(Bookkeeper.BOOKED));

        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        Api.await("the second call", () -> database.rows() > 0);
        assertThat(database.rows()).isEqualTo(1);
        assertThat(bookkeeper.calls()).isEqualTo(2);
    }

    // With another database.

    @Test
    void aRowOfAnotherDatabaseAndAJobAreCommittedTogether() throws Exception {
        var database = Database.of("jdbc/app");

        transaction.begin();
        database.insert("before the job");
        Job job = jobs.submit(REQUEST);
        database.insert("after the job");
        transaction.commit();

        assertThat(database.rows()).isEqualTo(2);
        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    void aRowOfAnotherDatabaseAndAJobAreRolledBackTogether() throws Exception {
        var database = Database.of("jdbc/app");

        transaction.begin();
        Job job = jobs.submit(REQUEST);
        database.insert("after the job");
        transaction.rollback();

        assertThat(database.rows()).isZero();
        assertNeverWas(job);
    }

    /** The question is sent if the transaction is committed, and the answer is stored when the job ends. */
    @Test
    void aConversationGetsQuestionsFromStreamsAndFromAJobInATransaction() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript(), Wire.helloScript());
        String talk = conversations
                .start(MessageRequest.builder("claude-opus-5-5", 64), "alice")
                .id();
        assertThat(conversations.stream(talk, "one").message().text()).isEqualTo("Hello");
        transaction.begin();
        assertThat(conversations.send(talk, "two").text()).isEqualTo("Hello");
        conversations.job(talk, "never");
        transaction.rollback();
        assertThat(conversations.find(talk).orElseThrow().question()).isEmpty();
        transaction.begin();
        Job job = conversations.job(talk, "three");
        transaction.commit();

        assertThat(jobs.await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);

        assertThat(conversations.find(talk).orElseThrow().messages())
                .extracting(ConversationMessage::text)
                .containsExactly("one", "Hello", "two", "Hello", "three", "Hello");
        assertThat(conversations.json(talk)).contains("\"owner\":\"alice\"");
        assertThat(conversations.delete(talk)).isTrue();
    }

    @Test
    void withoutTwoPhaseCommitTheSecondDatabaseIsRejectedAndNothingIsStored() throws Exception {
        var database = Database.of("jdbc/app-one-phase");

        transaction.begin();
        database.insert("before the job");
        assertThatThrownBy(() -> jobs.submit(REQUEST))
                .isInstanceOf(ClaudeException.class)
                .hasStackTraceContaining("multiple 1PC");
        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_MARKED_ROLLBACK);
        transaction.rollback();

        assertThat(database.rows()).isZero();
        runAnother();
        assertThat(upstream.requests()).hasSize(1);
    }

    /** The data source of the server has {@code enableSharingForDirectLookups="false"}. */
    @Test
    void withoutSharingOwnStatementsOnTheDataSourceOfJobsAreRejected() throws Exception {
        DataSource source = InitialContext.doLookup("jdbc/claude");

        transaction.begin();
        Job job = jobs.submit(REQUEST);
        assertThatThrownBy(() -> {
                    try (var connection = source.getConnection();
                            var statement = connection.createStatement()) {
                        statement.execute("select 1");
                    }
                })
                .isInstanceOf(SQLException.class)
                .hasStackTraceContaining("multiple 1PC");
        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_MARKED_ROLLBACK);
        transaction.rollback();

        assertNeverWas(job);
    }
}
