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
 * Tells others of what has ended, by signed callbacks.
 *
 * <p>Safe for use by many threads. While there is no database, methods that need it throw a {@link ClaudeException}
 * with status 503.
 */
@ApplicationScoped
public class Webhooks {

    private static final Duration HOUSEKEEPING = Duration.ofHours(1);
    /** Of the attempts at a time, and of the time for each: how many a host may have whose answers take how long. */
    private static final int SHARE_OF_A_SLOW_HOST = 4;

    private static final int SLOW = 5;
    private static final Duration LONGEST_LOOKUP = Duration.ofSeconds(5);

    private WebhookSettings settings;
    private TaskQueue queue;
    private final DeliveryCounts counts = new DeliveryCounts();
    private DeliveryStore store;
    private CallbackUrl urls;
    private Sender sender;
    private TimedLookup lookup;
    private Task<Void> send;

    /** For the container's proxy. */
    protected Webhooks() {}

    @Inject
    public Webhooks(WebhookSettings settings, Database database, Watchdog watchdog, @Internal Clock clock) {
        this(
                settings,
                database,
                watchdog,
                clock,
                new TimedLookup(InetAddress::getAllByName, shorter(LONGEST_LOOKUP, settings.timeout())));
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
                Math.max(1, settings.maxConcurrent() / SHARE_OF_A_SLOW_HOST),
                settings.timeout().dividedBy(SLOW),
                watchdog::now,
                chance);
        var runner = new DeliveryRunner(store, sender, hosts, chance, counts);
        this.send = queue.add("claude-delivery", (key, lease) -> runner.run(key));
        if (!settings.secret().canSign()) {
            queue.leaveToOthers("it has no claude.webhooks.secret");
        }
        queue.addRecurring("claude-delivery-all", HOUSEKEEPING, () -> store.sendAll(send));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** What became of attempts since the start. */
    public DeliveryCounts counts() {
        return counts;
    }

    /** What sends. */
    @Produces
    TaskQueue queue() {
        return queue;
    }

    /**
     * Checks where a caller wants to be called back, before anything is stored: the address once more when it is.
     *
     * @throws ClaudeException {@code invalid_request_error}, which says what is wrong; also where this server cannot
     *     sign. 503 where nobody says in time where the host is
     */
    public URI requireUrl(String text) {
        if (!settings.secret().canSign()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    "callback_url: this server cannot sign callbacks. Set claude.webhooks.secret");
        }
        return urls.checked(text);
    }

    /**
     * Has something told, once the caller's transaction is committed; {@link #look} hurries it then.
     *
     * @param subject the id of what it is about, under which deliveries are found
     * @param event as {@code job.succeeded}
     * @param data what there is to tell; without its {@code callback}, which is this
     * @return how many bytes are kept for it
     */
    public int deliver(Connection transaction, String subject, String event, URI url, JsonObject data)
            throws SQLException {
        byte[] kept = JsonText.bytes(Json.createObjectBuilder()
                .add("type", event)
                .add("timestamp", store.now().toString())
                .add("data", Json.createObjectBuilder(data).remove("callback"))
                .build());
        store.add(transaction, subject, event, url, kept, send);
        return kept.length;
    }

    /** Sends what is due now and not at the next poll. */
    public void look() {
        queue.look();
    }

    /** Oldest first. */
    public List<Delivery> deliveries(String subject) {
        return store.of(subject);
    }

    /**
     * How it stands with telling, read on a connection of the caller's.
     *
     * @param url where to; null for nowhere
     */
    public Optional<Callback> callback(Connection connection, String subject, String url) throws SQLException {
        return url == null
                ? Optional.empty()
                : Optional.of(new Callback(URI.create(url), store.latest(connection, subject)));
    }

    /**
     * Sends one again, whatever became of it, with the same id and the same content.
     *
     * @throws ClaudeException {@code not_found_error} where the subject has none of that id
     */
    public Delivery retry(String subject, String id) {
        Delivery again = store.again(subject, id, send)
                .orElseThrow(
                        () -> ClaudeException.of(ErrorType.NOT_FOUND, "There is no delivery " + id + " of " + subject));
        queue.look();
        return again;
    }

    /**
     * Returns an SQL condition for rows that no delivery, still to be sent, reports.
     *
     * @param subject the row's column with the id under which deliveries are stored
     */
    public static String hasNoPendingDelivery(String subject) {
        return "not exists (select 1 from claude_delivery d where d.subject = " + subject
                + " and d.status = 'pending')";
    }

    /** Forgets all deliveries of what is forgotten, in the caller's transaction. */
    public void forget(Connection transaction, String subject) throws SQLException {
        DeliveryStore.forget(transaction, subject);
    }

    @PreDestroy
    void close() {
        lookup.close();
        sender.close();
    }
}
