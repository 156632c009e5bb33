package io.github.claudejakarta.webhook;

import com.github.kagkarlsson.scheduler.task.Task;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.InetAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/**
 * The callbacks of one server. Tasks run automatically after {@link #start()} only; otherwise the test makes each
 * attempt and moves the clock.
 */
final class WebhookServer implements AutoCloseable {

    static final String SUBJECT = "job_1";
    static final String EVENT = "job.succeeded";
    static final JsonObject DATA = Json.createObjectBuilder()
            .add("id", SUBJECT)
            .add("text", "\u00e4\u20ac\ud83d\ude00")
            .build();

    /** Long enough that no test reaches it, and short enough that no test hangs for ever. */
    static final Duration TIMEOUT = Duration.ofSeconds(25);

    static final int SHARE = 2;
    static final Duration SLOW = Duration.ofSeconds(3);

    private final Database database;
    private final Clock clock;
    private final DurableTasks tasks;
    private final Webhooks webhooks;
    private final DeliveryStore store;
    private final Sender sender;
    private final DeliveryRunner runner;
    private final AtomicLong nanos = new AtomicLong();

    /** @param timeout limit of one attempt, if tasks run automatically */
    WebhookServer(
            Database database,
            Clock clock,
            Watchdog watchdog,
            int maxConcurrent,
            Duration timeout,
            DoubleSupplier chance) {
        this.database = database;
        this.clock = clock;
        var hosts = new AllowedHosts(List.of("localhost", "127.0.0.1"));
        var settings = new WebhookSettings(new Signer(List.of(TestWebhooks.SECRET)), hosts, timeout, maxConcurrent);
        tasks = Impatient.tasks(database);
        webhooks = new Webhooks(settings, database, watchdog, clock);
        store = new DeliveryStore(database, webhooks.queue(), clock);
        sender = new Sender(settings, new AddressGuard(hosts, InetAddress::getAllByName), watchdog);
        runner = new DeliveryRunner(
                store, sender, new HostSlots(SHARE, SLOW, nanos::get, chance), chance, new DeliveryCounts());
    }

    /** Lets time pass for the hosts only. */
    void hostsTake(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    Webhooks webhooks() {
        return webhooks;
    }

    DeliveryStore store() {
        return store;
    }

    /** Starts the tasks, which run automatically from then on. */
    WebhookServer start() {
        tasks.start(List.of(webhooks.queue()));
        return this;
    }

    /** The task with the name that is in the table. */
    static Task<Void> task() {
        return Tasks.custom("tests/claude-delivery", Void.class).execute((instance, context) -> null);
    }

    String deliver(URI url) {
        return deliver(SUBJECT, url);
    }

    /** Reports the end of the subject. */
    String deliver(String subject, URI url) {
        database.transaction(connection -> {
            webhooks.deliver(connection, subject, EVENT, url, DATA);
            return null;
        });
        List<Delivery> all = webhooks.deliveries(subject);
        return all.get(all.size() - 1).id();
    }

    /** Returns the only delivery of the subject. */
    Delivery delivery() {
        List<Delivery> all = webhooks.deliveries(SUBJECT);
        if (all.size() != 1) {
            throw new AssertionError(all.toString());
        }
        return all.get(0);
    }

    Delivery delivery(String subject, String id) {
        return webhooks.deliveries(subject).stream()
                .filter(one -> one.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** Returns the latest task of the delivery. */
    TaskKey key(String id) {
        int round = database.use(connection ->
                        Sql.one(connection, "select round from claude_delivery where id = ?", row -> row.getInt(1), id))
                .orElseThrow();
        return new TaskKey(id, round);
    }

    /** Makes one attempt, as the task does. */
    Optional<Instant> attempt(String id) {
        return attempt(key(id));
    }

    Optional<Instant> attempt(TaskKey key) {
        return runner.run(key);
    }

    /** Makes one attempt, and returns the wait before the next one. */
    Duration pause(String id) {
        return Duration.between(now(), attempt(id).orElseThrow());
    }

    Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public void close() throws Exception {
        tasks.close();
        webhooks.close();
        sender.close();
    }
}
