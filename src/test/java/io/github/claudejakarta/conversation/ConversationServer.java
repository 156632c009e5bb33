package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.TestJobs;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.LocalStreams;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.TestThreads;
import io.github.claudejakarta.webhook.TestWebhooks;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The conversations of one server. The test decides when leases are renewed and expired conversations deleted. */
final class ConversationServer implements AutoCloseable {

    static final String MODEL = "claude-opus-5-5";
    /** A caller whose limit of streams is zero. */
    static final String LIMITED = "limited";

    private static final int MAX_WATCHERS = 50;

    private final WorkerThreads threads = TestThreads.of(ConversationServer::daemon, MAX_WATCHERS);
    private final AtomicInteger admitted = new AtomicInteger();
    private final MemoryBudget memory = MemoryBudget.unlimited();
    private final LocalStreams streams;
    private final DurableTasks tasks;
    private final JobManagerBean jobs;
    private final ConversationManagerBean bean;

    ConversationServer(
            ConversationSettings settings, ClaudeClient client, Database database, Watchdog watchdog, Clock clock) {
        streams = new LocalStreams(
                client,
                StreamSettings.DEFAULTS,
                RecoverySettings.DEFAULTS,
                threads,
                watchdog,
                ConversationServer::place,
                MemoryBudget.unlimited(),
                clock,
                noObservers());
        tasks = Impatient.tasks(database);
        jobs = TestJobs.bean(
                streams, TestWebhooks.of(database, watchdog, clock), database, tasks, watchdog, clock, noObservers());
        bean = new ConversationManagerBean(
                settings,
                streams,
                TestJobs.transactions(jobs),
                MessageDefaults.NONE,
                (caller, isForTokens) -> admitted.incrementAndGet(),
                memory,
                threads,
                database,
                tasks,
                clock,
                Duration.ofMillis(20));
    }

    private static Runnable place(String caller) {
        if (caller.equals(LIMITED)) {
            throw ClaudeException.of(ErrorType.RATE_LIMIT, "no more streams");
        }
        return () -> {};
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "server");
        thread.setDaemon(true);
        return thread;
    }

    @SuppressWarnings("unchecked")
    private static <T> Event<T> noObservers() {
        return (Event<T>) Proxy.newProxyInstance(
                ConversationServer.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> null);
    }

    ConversationManagerBean bean() {
        return bean;
    }

    JobManagerBean jobs() {
        return jobs;
    }

    /** Returns the memory reserved for the bodies of requests. */
    MemoryBudget memory() {
        return memory;
    }

    /** Returns the number of requests that counted towards the limits of callers. */
    int admitted() {
        return admitted.get();
    }

    LocalStreams streams() {
        return streams;
    }

    /** Starts to run jobs automatically. */
    ConversationServer start() {
        tasks.start(List.of(TestJobs.queue(jobs)));
        return this;
    }

    static MessageRequest.Builder request() {
        return MessageRequest.builder(MODEL, 1024).system("Be brief.");
    }

    Conversation started() {
        return bean.start(request());
    }

    void deleteExpired() {
        bean.deleteExpired();
    }

    void renew() {
        bean.renew();
    }

    /** Waits for all work on other threads, such as the end of questions without an answer. */
    void awaitIdle() throws InterruptedException {
        if (!threads.awaitIdle(Duration.ofSeconds(20))) {
            throw new AssertionError("Threads run after 20 s");
        }
    }

    /** Stops like a server that dies: without closing its questions. */
    @Override
    public void close() {
        tasks.close();
        threads.close();
    }
}
