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
 * The beans of this module without a container, for tests. They send HTTP requests to a given URL, such as a
 * {@link io.github.claudejakarta.simulator.Simulator}.
 *
 * <pre>{@code
 * try (var simulator = Simulator.start(Thread::new);
 *         var beans = ClaudeBeans.at(simulator.baseUri())) {
 *     Message message = beans.claude().send(MessageRequest.of("claude-opus-5-5", 1024, "Hello!"));
 * }
 * }</pre>
 *
 * <p>The beans have the same settings ({@link Builder#set}), retries and errors as in a container. The differences are:
 *
 * <ul>
 *   <li>There is no circuit breaker. {@code maxRetries} is the only key of MicroProfile Fault Tolerance that has an
 *       effect.
 *   <li>Callers have no transaction: a job is stored when {@code submit} returns. {@code @Transactional} has no effect.
 *   <li>CDI events reach the observers of {@link #observe}, on the thread that fires them.
 *   <li>Only the builder sets settings. System properties, environment variables and files have no effect.
 *   <li>Metrics, traces, health and recorded usage are absent.
 * </ul>
 *
 * <p>Safe for use by many threads. {@link #close} ends running streams and jobs, and all threads.
 */
@PublicApi
public final class ClaudeBeans implements AutoCloseable {

    /** The wait of {@link #close} for threads before it interrupts them, and again after that. */
    private static final Duration THREADS_WAIT = Duration.ofSeconds(5);

    private final TrackedThreads threads = new TrackedThreads("claude-beans");
    private final BeanContainer container = new BeanContainer();
    private final ClaudeStreamingBean claude;
    private final BatchManagerBean batches;
    private final JobManagerBean jobs;
    private final ConversationManagerBean conversations;

    private ClaudeBeans(Builder builder) {
        container.add(new MapConfig(builder.settings));
        container.add(new TestServer(threads, builder.database));
        builder.beans.forEach(container::add);
        // Replaces the client that Fault Tolerance guards in a container.
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

    /**
     * Closes the beans of a failed start. A failure to close is suppressed, because the caller throws the first
     * failure.
     */
    private void closeAfter(Throwable failure) {
        try {
            close();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    /**
     * Starts the beans with default settings and without a database: jobs and batches throw errors with status 503.
     *
     * @param baseUrl the value of {@code claude.base-url}
     */
    public static ClaudeBeans at(URI baseUrl) {
        return builder(baseUrl).start();
    }

    /**
     * Returns a builder with default settings.
     *
     * @param baseUrl the value of {@code claude.base-url}
     */
    public static Builder builder(URI baseUrl) {
        return new Builder(baseUrl);
    }

    /** Returns the bean for streams and messages. */
    public ClaudeStreamingBean claude() {
        return claude;
    }

    /** Returns the bean for batches. Without a database its methods throw a {@code ClaudeException} with status 503. */
    public BatchManagerBean batches() {
        return batches;
    }

    /** Returns the bean for jobs. Without a database its methods throw a {@code ClaudeException} with status 503. */
    public JobManagerBean jobs() {
        return jobs;
    }

    /** Returns the bean for conversations. Without a database they are in memory. */
    public ConversationManagerBean conversations() {
        return conversations;
    }

    /**
     * Adds an observer of CDI events, like a method with {@code @Observes} in a container.
     *
     * @param type the type of the event, such as {@code StreamEnded}
     * @param observer called on the thread that fires the event; it should be quick
     */
    public <E> ClaudeBeans observe(Class<E> type, Consumer<? super E> observer) {
        container.observe(type, observer);
        return this;
    }

    /**
     * Ends running streams and jobs, closes all connections, and waits for all threads, at most 10 seconds. The
     * database of the builder stays open.
     *
     * @throws IllegalStateException if a thread does not end
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
            List<Thread> late = threads.end(THREADS_WAIT);
            if (!late.isEmpty()) {
                throw new IllegalStateException("These threads of ClaudeBeans did not end: " + late);
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

        /** Sets the API key that the beans send. Default: {@code test-key}. */
        public Builder apiKey(String key) {
            return set("claude.api-key", key);
        }

        /**
         * Sets the database of jobs and batches, H2 or PostgreSQL. The beans create its tables when they start.
         *
         * @param source the caller closes it after the beans
         */
        public Builder database(DataSource source) {
            database = Optional.of(source);
            return this;
        }

        /**
         * Adds a bean of the application, such as a {@code JobListener} or a {@code BatchListener}. It replaces a bean
         * of this module that has one of its types.
         */
        public Builder with(Object bean) {
            beans.add(Objects.requireNonNull(bean, "bean"));
            return this;
        }

        /**
         * Sets a configuration key, such as {@code claude.stream.retention}. An empty value unsets the key. The key for
         * the number of retries is {@code io.github.claudejakarta.claude.http.ClaudeClient/call/Retry/maxRetries}.
         */
        public Builder set(String key, String value) {
            settings.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
            return this;
        }

        /** Sets several configuration keys, like {@link #set}. */
        public Builder setAll(Map<String, String> values) {
            values.forEach(this::set);
            return this;
        }

        /**
         * Starts the beans.
         *
         * @throws IllegalArgumentException if a setting is not valid; the message names its key
         */
        public ClaudeBeans start() {
            return new ClaudeBeans(this);
        }
    }
}
