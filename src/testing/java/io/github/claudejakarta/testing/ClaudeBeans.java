package io.github.claudejakarta.testing;

import io.github.claudejakarta.app.Composition;
import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.stream.LocalStreams;
import io.github.claudejakarta.usage.RateLimits;
import io.github.claudejakarta.webhook.Webhooks;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * The beans of this module outside a container, for tests: they talk over HTTP to the server at a given URL, such as a
 * {@link io.github.claudejakarta.simulator.Simulator}.
 *
 * <pre>{@code
 * try (var simulator = Simulator.start(Thread::new);
 *         var beans = ClaudeBeans.at(simulator.baseUri())) {
 *     Message message = beans.claude().send(MessageRequest.of("claude-opus-5-5", 1024, "Hello!"));
 * }
 * }</pre>
 *
 * <p>The beans are those of a container, with the same settings ({@link Builder#set}), retries and errors. What
 * differs:
 *
 * <ul>
 *   <li>There is no circuit breaker, and {@code maxRetries} is the one key of MicroProfile Fault Tolerance that counts.
 *   <li>Callers have no transaction: a job is stored when {@code submit} returns. {@code @Transactional} has no effect.
 *   <li>CDI events reach the observers of {@link #observe}, on the thread that fires them.
 *   <li>Settings come from the builder alone, not from system properties, environment variables or files.
 *   <li>Metrics, traces, health and recorded usage are absent.
 * </ul>
 *
 * <p>Safe for use by many threads. {@link #close} ends everything that runs, and all threads.
 */
@PublicApi
public final class ClaudeBeans implements AutoCloseable {

    /** How long threads have to end; they are interrupted then, and have as long again. */
    private static final Duration FAREWELL = Duration.ofSeconds(5);

    private final OwnThreads threads = new OwnThreads("claude-beans");
    private final BeanContainer container = new BeanContainer();
    private final ClaudeStreamingBean claude;
    private final BatchManagerBean batches;
    private final JobManagerBean jobs;
    private final ConversationManagerBean conversations;

    private ClaudeBeans(Builder builder) {
        container.add(new MapConfig(builder.settings));
        container.add(new OutsideServer(threads, builder.database));
        builder.beans.forEach(container::add);
        // In place of the client that a container guards by Fault Tolerance.
        container.add(RetryingClient.class);
        container.add(new RetryingClient.Present());
        List.of(
                        Composition.class,
                        RateLimits.class,
                        LocalStreams.class,
                        Webhooks.class,
                        ClaudeStreamingBean.class,
                        BatchManagerBean.class,
                        JobManagerBean.class,
                        ConversationManagerBean.class)
                .forEach(container::add);
        try {
            container.start();
            claude = container.get(ClaudeStreamingBean.class);
            batches = container.get(BatchManagerBean.class);
            jobs = container.get(JobManagerBean.class);
            conversations = container.get(ConversationManagerBean.class);
        } catch (RuntimeException | Error e) {
            closeAfter(e);
            throw e;
        }
    }

    /** Closes what a failed start has left, whose failure is the one to report. */
    private void closeAfter(Throwable failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Starts the beans with default settings and without a database: jobs and batches answer 503.
     *
     * @param baseUrl what {@code claude.base-url} is in a server
     */
    public static ClaudeBeans at(URI baseUrl) {
        return builder(baseUrl).start();
    }

    /** @param baseUrl what {@code claude.base-url} is in a server */
    public static Builder builder(URI baseUrl) {
        return new Builder(baseUrl);
    }

    public ClaudeStreamingBean claude() {
        return claude;
    }

    /** The bean for batches. Without a database its methods throw a {@code ClaudeException} with status 503. */
    public BatchManagerBean batches() {
        return batches;
    }

    /** The bean for jobs. Without a database its methods throw a {@code ClaudeException} with status 503. */
    public JobManagerBean jobs() {
        return jobs;
    }

    /** The bean for conversations, which are in memory without a database. */
    public ConversationManagerBean conversations() {
        return conversations;
    }

    /**
     * Has an observer notified of CDI events, as a method with {@code @Observes} is in a container.
     *
     * @param type of the event, such as {@code StreamEnded}
     * @param observer called on the thread that fires the event; it should be quick
     */
    public <E> ClaudeBeans observe(Class<E> type, Consumer<? super E> observer) {
        container.observe(type, observer);
        return this;
    }

    /**
     * Ends streams and jobs that run, closes all connections, and waits for all threads, for some seconds at most. The
     * database of the builder stays open.
     */
    @Override
    public void close() {
        try {
            container.close();
        } finally {
            endThreads();
        }
    }

    private void endThreads() {
        try {
            List<Thread> late = threads.end(FAREWELL);
            if (!late.isEmpty()) {
                throw new IllegalStateException("These threads did not end: " + late);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Settings of the beans. For use by one thread. */
    public static final class Builder {

        private final Map<String, String> settings = new LinkedHashMap<>();
        private final List<Object> beans = new ArrayList<>();
        private Optional<DataSource> database = Optional.empty();

        private Builder(URI baseUrl) {
            set("claude.upstream", "anthropic");
            set("claude.base-url", baseUrl.toString());
            apiKey("test-key");
        }

        /** Sets the key that the beans send; {@code test-key} if this is not called. */
        public Builder apiKey(String key) {
            return set("claude.api-key", key);
        }

        /**
         * Sets the database of jobs and batches, H2 or PostgreSQL. It gets its tables when the beans start.
         *
         * @param source whoever calls this closes it, after the beans
         */
        public Builder database(DataSource source) {
            database = Optional.of(source);
            return this;
        }

        /**
         * Adds a bean of the application, such as a {@code JobListener} or a {@code BatchListener}. It takes the place
         * of a bean of this module that has one of its types.
         */
        public Builder with(Object bean) {
            beans.add(Objects.requireNonNull(bean, "bean"));
            return this;
        }

        /**
         * Sets one key of the configuration, such as {@code claude.stream.retention}. An empty value unsets it. The
         * number of retries is {@code io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries}.
         */
        public Builder set(String key, String value) {
            settings.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /** Sets keys of the configuration, like {@link #set}. */
        public Builder setAll(Map<String, String> values) {
            values.forEach(this::set);
            return this;
        }

        /**
         * Starts the beans.
         *
         * @throws IllegalArgumentException for a setting that cannot be used; the message names its key
         */
        public ClaudeBeans start() {
            return new ClaudeBeans(this);
        }
    }
}
