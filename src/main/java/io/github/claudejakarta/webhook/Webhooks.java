package io.github.claudejakarta.webhook;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.Internal;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.net.InetAddress;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/**
 * Reports the end of jobs and batches by signed callbacks.
 *
 * <p>Safe for use by many threads. While there is no database, methods that need it throw a {@link ClaudeException}
 * with status 503.
 */
@ApplicationScoped
public class Webhooks {

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);
    /** A slow host may use this fraction of the concurrent attempts (a quarter). */
    private static final int SLOW_HOST_FRACTION = 4;

    /** An attempt is slow from this fraction of the time limit on (a fifth). */
    private static final int SLOW_FRACTION = 5;

    private static final Duration MAX_LOOKUP_TIME = Duration.ofSeconds(5);

    private WebhookSettings settings;
    private TaskQueue queue;
    private final DeliveryCounts counts = new DeliveryCounts();
    private DeliveryStore store;
    private CallbackUrl urls;
    private Sender sender;
    private TimedLookup lookup;
    private Task<Void> send;

    /** Creates the instance that the container's proxy needs. */
    protected Webhooks() {}

    @Inject
    public Webhooks(WebhookSettings settings, Database database, Watchdog watchdog, @Internal Clock clock) {
        this(
                settings,
                database,
                watchdog,
                clock,
                new TimedLookup(InetAddress::getAllByName, shorter(MAX_LOOKUP_TIME, settings.timeout())));
    }

    Webhooks(WebhookSettings settings, Database database, Watchdog watchdog, Clock clock, TimedLookup lookup) {
        this.settings = settings;
        this.lookup = lookup;
        this.queue = new TaskQueue(database, "claude_delivery_task", settings.maxConcurrent());
        this.store = new DeliveryStore(database, queue, clock);
        var guard = new AddressGuard(
                settings.allowedHosts(), lookup, settings.proxy().isPresent());
        this.urls = new CallbackUrl(settings.allowedHosts(), guard);
        this.sender = new Sender(settings, guard, lookup, watchdog);
        DoubleSupplier chance = () -> ThreadLocalRandom.current().nextDouble();
        var hosts = new HostSlots(
                Math.max(1, settings.maxConcurrent() / SLOW_HOST_FRACTION),
                settings.timeout().dividedBy(SLOW_FRACTION),
                watchdog::now,
                chance);
        var runner = new DeliveryRunner(store, sender, hosts, chance, counts);
        this.send = queue.add("claude-delivery", (key, lease) -> runner.run(key));
        if (!settings.secret().canSign()) {
            queue.scheduleOnly("it has no claude.webhooks.secret");
        }
        queue.addRecurring("claude-delivery-all", HOUSEKEEPING, () -> store.sendAll(send));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** Returns the counts of attempts since the start. */
    public DeliveryCounts counts() {
        return counts;
    }

    /** Returns the queue that sends callbacks. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    /**
     * Checks the callback URL of a caller before anything is stored. The address is checked again at each connection.
     *
     * @throws ClaudeException {@code invalid_request_error}, which names the problem; also if this server cannot sign.
     *     503 if the look-up of the host takes too long
     */
    public URI requireUrl(String text) {
        if (!settings.secret().canSign()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "callback_url: this server cannot sign callbacks. Set claude.webhooks.secret");
        }
        return urls.check(text);
    }

    /**
     * Stores a callback in the caller's transaction. After the commit, {@link #sendDue} sends it immediately.
     *
     * @param subject id of the job or batch, under which deliveries are found
     * @param event type of the event, for example {@code job.succeeded}
     * @param data JSON of the job or batch; its {@code callback} is not sent
     * @return the number of bytes that are stored
     */
    public int deliver(Connection transaction, String subject, String event, URI url, JsonObject data)
            throws SQLException {
        byte[] payload = JsonText.bytes(Json.createObjectBuilder()
                .add("type", event)
                .add("timestamp", store.now().toString())
                .add("data", Json.createObjectBuilder(data).remove("callback"))
                .build());
        store.add(transaction, subject, event, url, payload, send);
        return payload.length;
    }

    /** Sends due callbacks now, instead of at the next poll. */
    public void sendDue() {
        queue.checkDue();
    }

    /** Returns the deliveries of a job or a batch, oldest first. */
    public List<Delivery> deliveries(String subject) {
        return store.list(subject);
    }

    /**
     * Returns the receiver of a callback and the state of its delivery, read on the caller's connection.
     *
     * @param url callback URL; null without one
     */
    public Optional<Callback> callback(Connection connection, String subject, String url) throws SQLException {
        return url == null
                ? Optional.empty()
                : Optional.of(new Callback(URI.create(url), store.latest(connection, subject)));
    }

    /**
     * Sends a delivery again, whatever its state, with the same id and the same content.
     *
     * @throws ClaudeException {@code not_found_error} if the job or batch has no such delivery
     */
    public Delivery retry(String subject, String id) {
        Delivery delivery = store.resend(subject, id, send)
                .orElseThrow(
                        () -> ClaudeException.of(ErrorType.NOT_FOUND, "There is no delivery " + id + " of " + subject));
        queue.checkDue();
        return delivery;
    }

    /**
     * Returns an SQL condition for rows without a pending delivery.
     *
     * @param subject the column of the row with the id of the job or batch
     */
    public static String hasNoPendingDelivery(String subject) {
        return "not exists (select 1 from claude_delivery d where d.subject = " + subject
                + " and d.status = 'pending')";
    }

    /** Removes the deliveries of a job or a batch that is removed, in the caller's transaction. */
    public void forget(Connection transaction, String subject) throws SQLException {
        DeliveryStore.forget(transaction, subject);
    }

    @PreDestroy
    void close() {
        lookup.close();
        sender.close();
    }
}
