package io.github.claudejakarta.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AnswerReceiverTest {

    private final ScriptedUpstream upstream = ScriptedUpstream.start();
    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client = new UnguardedClient(UnguardedClient.settings(upstream.url()), watchdog);
    private final WorkerThreads threads = TestThreads.of(AnswerReceiverTest::daemon, 50);
    private final LocalStreams streams = new LocalStreams(
            client,
            StreamSettings.DEFAULTS,
            RecoverySettings.DEFAULTS,
            threads,
            watchdog,
            caller -> () -> {},
            MemoryBudget.unlimited(),
            Clock.systemUTC(),
            noObservers());

    @AfterEach
    void close() {
        streams.close();
        threads.close();
        upstream.close();
        client.close();
    }

    @Test
    void theMessageIsReceivedBeforeItsEndIsSeen() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        var isReceiving = new CompletableFuture<Message>();
        var mayContinue = new CountDownLatch(1);
        var receiver = new Receiver(message -> {
            isReceiving.complete(message);
            await(mayContinue);
        });

        ClaudeStream stream = start(receiver);

        Message received = isReceiving.get(20, TimeUnit.SECONDS);
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        assertThat(stream.messageSoFar()).contains(received);
        assertThat(received.stopReason()).isPresent();
        assertThat(receiver.ends).isEmpty();
        mayContinue.countDown();
        assertThat(stream.message()).isEqualTo(received);
        assertThat(receiver.awaitEnd()).isSameAs(stream);
        assertThat(stream.status()).isEqualTo(StreamStatus.COMPLETED);
        var events = new ArrayList<StreamEvent>();
        stream.events().forEach(events::add);
        assertThat(events.get(events.size() - 1)).isInstanceOf(StreamEvent.MessageStop.class);
    }

    @Test
    void theReceiverKnowsASimulatorsMessage() throws Exception {
        upstream.answer(
                Script.sse(FixtureFile.sse("01_plain_text")),
                Script.sseHead("claude-simulator: true").write(FixtureFile.sse("01_plain_text")));
        var receiver = new Receiver(message -> {});

        start(receiver).message();
        start(receiver).message();

        assertThat(receiver.marks).containsExactly(false, true);
    }

    @Test
    void aReceiverThatRejectsTheMessageEndsTheStreamWithItsError() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        var receiver = new Receiver(message -> {
            throw ClaudeException.of(ErrorType.CONFLICT, "too late");
        });

        ClaudeStream stream = start(receiver);

        var failure = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(failure.type()).isEqualTo(ErrorType.CONFLICT);
        assertThat(receiver.awaitEnd().status()).isEqualTo(StreamStatus.FAILED);
    }

    @Test
    void aReceiverThatFailsEndsTheStreamWithAnErrorThatHidesTheCause() throws Exception {
        upstream.answer(Script.sse(FixtureFile.sse("01_plain_text")));
        var receiver = new Receiver(message -> {
            throw new IllegalStateException("secret");
        });

        ClaudeStream stream = start(receiver);

        var failure = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(failure.type()).isEqualTo(ErrorType.API);
        assertThat(failure.errorMessage()).doesNotContain("secret");
    }

    @Test
    void anAnswerThatFailsIsNotReceivedAndEnds() throws Exception {
        upstream.answer(
                Script.sse(FixtureFile.sse("07_error_overloaded")),
                Script.error(400, "invalid_request_error", "no"),
                Script.sseHead()
                        .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                        .cut());
        for (int i = 0; i < 3; i++) {
            var receiver = new Receiver(message -> {});

            ClaudeStream stream = start(receiver);

            assertThat(receiver.awaitEnd()).isSameAs(stream);
            assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
            assertThat(receiver.messages).isEmpty();
        }
    }

    @Test
    void aCanceledStreamEndsOnce() throws Exception {
        upstream.answer(Script.sseHead()
                .event("message_start", "{\"type\":\"message_start\",\"message\":{}}")
                .stall());
        var receiver = new Receiver(message -> {});
        ClaudeStream stream = start(receiver);
        streams.firstEvent(stream).await();

        stream.cancel();

        assertThat(receiver.awaitEnd().status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(threads.awaitIdle(Duration.ofSeconds(20))).isTrue();
        assertThat(receiver.ends).hasSize(1);
        assertThat(receiver.messages).isEmpty();
    }

    private ClaudeStream start(AnswerReceiver receiver) {
        MessageRequest request = MessageRequest.of("m", 10, "hi").withStream(true);
        return streams.start(ClaudeRequest.stream(RequestBody.of(JsonText.bytes(request.json()))), receiver);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Receiver implements AnswerReceiver {

        private final Consumer<Message> receive;
        private final List<Message> messages = new ArrayList<>();
        private final List<Boolean> marks = new ArrayList<>();
        private final List<ClaudeStream> ends = new ArrayList<>();

        private Receiver(Consumer<Message> receive) {
            this.receive = receive;
        }

        @Override
        public void receive(Message message, boolean isSimulated) {
            messages.add(message);
            marks.add(isSimulated);
            receive.accept(message);
        }

        @Override
        public synchronized void ended(ClaudeStream stream) {
            ends.add(stream);
            notifyAll();
        }

        private synchronized ClaudeStream awaitEnd() throws InterruptedException {
            while (ends.isEmpty()) {
                wait();
            }
            return ends.get(0);
        }
    }

    @SuppressWarnings("unchecked")
    private static Event<StreamEnded> noObservers() {
        return (Event<StreamEnded>) Proxy.newProxyInstance(
                AnswerReceiverTest.class.getClassLoader(),
                new Class<?>[] {Event.class},
                (proxy, method, arguments) -> null);
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }
}
