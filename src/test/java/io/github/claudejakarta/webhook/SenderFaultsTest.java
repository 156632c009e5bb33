package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.RefusingPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receivers that fail or attack: no attempt needs more time or memory than its limit. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SenderFaultsTest {

    /** Longer than the time-out of any socket. A test lets it pass by the clock of the watchdog. */
    private static final Duration LONG = Duration.ofHours(1);

    private static final String ID = "msg_0123456789abcdef0123456789abcdef";

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong nanos = new AtomicLong(-5);
    private final Watchdog watchdog = new Watchdog(nanos::get);
    private final Sender sender = sender(LONG);
    private final CountDownLatch reached = new CountDownLatch(1);

    private Sender sender(Duration timeout) {
        var hosts = new AllowedHosts(List.of("localhost"));
        return new Sender(
                new WebhookSettings(new Signer(List.of(TestWebhooks.SECRET)), hosts, timeout, 4),
                new AddressGuard(hosts, InetAddress::getAllByName),
                watchdog);
    }

    @AfterEach
    void stop() throws Exception {
        sender.close();
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS))
                .as("threads are released")
                .isTrue();
    }

    private Sender.Answer send(RawReceiver receiver) throws Sender.NoAnswer {
        return sender.send(ID, Instant.now(), receiver.url(), "{}");
    }

    private Sender.NoAnswer failure(RawReceiver receiver) throws Exception {
        var failure = catchThrowableOfType(Sender.NoAnswer.class, () -> send(receiver));
        receiver.awaitNoneOpen();
        requireNoInternalDetails(failure, receiver.port());
        return failure;
    }

    private static void requireNoInternalDetails(Sender.NoAnswer failure, int port) {
        assertThat(failure.getMessage()).doesNotContain("127.0.0.1", "localhost", "::1", "/", Integer.toString(port));
    }

    private Future<Sender.NoAnswer> failing(RawReceiver receiver, String payload) {
        return threads.submit(() -> catchThrowableOfType(
                Sender.NoAnswer.class, () -> sender.send(ID, Instant.now(), receiver.url(), payload)));
    }

    /** Lets the time limit of an attempt pass, when the receiver has reached the state of the test. */
    private Sender.NoAnswer afterItsTime(RawReceiver receiver, String payload) throws Exception {
        Future<Sender.NoAnswer> failing = failing(receiver, payload);
        assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
        nanos.addAndGet(LONG.toNanos() - 1);
        watchdog.tick();
        assertThat(failing.isDone()).as("ended before its time limit").isFalse();
        nanos.incrementAndGet();
        watchdog.tick();
        Sender.NoAnswer failure = failing.get(10, TimeUnit.SECONDS);
        receiver.awaitNoneOpen();
        requireNoInternalDetails(failure, receiver.port());
        return failure;
    }

    @Test
    void anAttemptEndsIfTheReceiverNeverAnswers() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            reached.countDown();
        })) {
            assertThat(afterItsTime(receiver, "{}")).hasMessage("There was no answer within 3600 s");
        }
    }

    @Test
    void anAttemptEndsIfTheAnswerArrivesByteByByte() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            self.write(socket, "HTTP/1.1 200 OK\r\nx: ");
            for (int i = 0; !self.isStoppedWithin(5); i++) {
                self.write(socket, "x");
                if (i == 3) {
                    reached.countDown();
                }
            }
        })) {
            assertThat(afterItsTime(receiver, "{}")).hasMessage("There was no answer within 3600 s");
        }
    }

    @Slow("time limits in real time")
    @Test
    void anAttemptEndsIfTheReceiverDoesNotRead() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            reached.countDown();
            while (!self.isStoppedWithin(5) && !hasLeft(socket)) {
                // reads nothing
            }
        })) {
            assertThat(afterItsTime(receiver, "x".repeat(64 << 20))).hasMessage("There was no answer within 3600 s");
        }
    }

    /** Returns whether the client has broken the connection. Nothing is read from it, so only a write can show it. */
    private static boolean hasLeft(Socket socket) {
        try {
            socket.sendUrgentData(0);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void endlessInterimResponsesEndInTime() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            for (int i = 0; !self.isStoppedWithin(1); i++) {
                self.write(socket, "HTTP/1.1 102 Processing\r\n\r\n");
                if (i == 3) {
                    reached.countDown();
                }
            }
        })) {
            assertThat(afterItsTime(receiver, "{}")).hasMessage("There was no answer within 3600 s");
        }
    }

    @Test
    void silenceEndsByTheTimeOutOfTheSocketToo() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {});
                var brief = sender(Duration.ofMillis(300))) {
            var failure = catchThrowableOfType(
                    Sender.NoAnswer.class, () -> brief.send(ID, Instant.now(), receiver.url(), "{}"));

            assertThat(failure).hasMessageStartingWith("There was no answer within ");
            receiver.awaitNoneOpen();
        }
    }

    @Test
    void anInterruptEndsAnAttempt() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> reached.countDown())) {
            var thread = new Thread[1];
            Future<Boolean> attempt = threads.submit(() -> {
                thread[0] = Thread.currentThread();
                assertThat(catchThrowableOfType(Sender.NoAnswer.class, () -> send(receiver)))
                        .isNotNull();
                return Thread.interrupted();
            });
            assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
            watchdog.tick();
            assertThat(attempt.isDone()).isFalse();

            thread[0].interrupt();
            watchdog.tick();

            assertThat(attempt.get(10, TimeUnit.SECONDS))
                    .as("the thread is still interrupted")
                    .isTrue();
            receiver.awaitNoneOpen();
        }
    }

    @Test
    void aConnectionThatIsClosedImmediatelyIsAFailure() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> socket.close())) {
            assertThat(failure(receiver)).hasMessageStartingWith("The connection failed (");
            assertThat(receiver.accepted())
                    .as("no attempts of the client's own")
                    .isEqualTo(1);
        }
    }

    @Test
    void aConnectionThatIsClosedInsteadOfAnAnswerIsAFailure() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            socket.close();
        })) {
            assertThat(failure(receiver)).hasMessage("The connection failed (NoHttpResponseException)");
            assertThat(receiver.accepted())
                    .as("no attempts of the client's own")
                    .isEqualTo(1);
        }
    }

    @Test
    void aRefusedConnectionIsAFailure() throws Exception {
        try (var port = new RefusingPort()) {
            var failure = catchThrowableOfType(
                    Sender.NoAnswer.class,
                    () -> sender.send(ID, Instant.now(), URI.create("http://localhost:" + port.number()), "{}"));

            assertThat(failure).hasMessage("No connection could be made");
            requireNoInternalDetails(failure, port.number());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001\u0002",
                "garbage\r\n\r\n",
                "SSH-2.0-OpenSSH_9.6\r\n",
                "HTTP/9.9 200 OK\r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 0 OK\r\n\r\n",
                "HTTP/1.1 -200 OK\r\n\r\n",
                "HTTP/1.1 99 OK\r\n\r\n",
                "HTTP/1.1\r\n\r\n",
                "HTTP/1.1 200\r\nno header\r\n\r\n",
                "HTTP/1.1 99999999999 OK\r\n\r\n",
                "HTTP/1.1 400 OK\r\ncontent-length: -1\r\n\r\n",
                "HTTP/1.1 400 OK\r\ncontent-length: x\r\n\r\n",
                "HTTP/1.1 400 OK\r\ntransfer-encoding: what\r\n\r\n",
                "HTTP/2 200\r\n\r\n",
                "\r\n\r\n\r\n"
            })
    void bytesThatAreNotHttpAreNoAnswer(String bytes) throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            self.write(socket, bytes);
            socket.shutdownOutput();
        })) {
            assertThat(failure(receiver).getMessage())
                    .matches("The connection failed \\([A-Za-z]+\\)|The answer is not HTTP");
        }
    }

    @Test
    void noConnectionSlotIsLost() throws Exception {
        List<String> answers = List.of(
                "HTTP/1.1 204 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + "x".repeat(50_000),
                "HTTP/1.1 500 No\r\n\r\n" + "x".repeat(50_000),
                "garbage\r\n",
                "");
        for (String answer : answers) {
            try (var receiver = RawReceiver.start((self, socket) -> {
                RawReceiver.readHead(socket);
                self.write(socket, answer);
                socket.shutdownOutput();
            })) {
                for (int i = 0; i < 5; i++) {
                    try {
                        send(receiver);
                    } catch (Sender.NoAnswer e) {
                        assertThat(receiver.accepted()).as("connections").isEqualTo(i + 1);
                    }
                }
                receiver.awaitNoneOpen();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 500})
    void tenMegabytesAreNotRead(int status) throws Exception {
        int length = 10 << 20;
        try (var receiver = RawReceiver.answering(
                "HTTP/1.1 " + status + " OK\r\ncontent-length: " + length + "\r\n\r\n" + "x".repeat(length))) {
            Sender.Answer answer = send(receiver);

            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.isSuccess()).isEqualTo(status == 200);
            assertThat(answer.beginning()).isEqualTo(status == 200 ? "" : "x".repeat(1_000));
            receiver.awaitNoneOpen();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n",
                "HTTP/1.1 500 No\r\n\r\n",
                "HTTP/1.1 500 No\r\ncontent-length: 999999999999\r\n\r\n"
            })
    void onlyTheBeginningOfAnEndlessBodyIsRead(String head) throws Exception {
        try (var receiver = RawReceiver.endless(head, "x".repeat(1 << 16))) {
            assertThat(send(receiver).status()).isEqualTo(head.contains("200") ? 200 : 500);

            receiver.awaitNoneOpen();
            assertThat(receiver.written())
                    .as("bytes beyond the buffers of the network")
                    .isLessThan(64 << 20);
        }
    }

    @Test
    void endlessChunksAreNotRead() throws Exception {
        try (var receiver = RawReceiver.endless(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "10000\r\n" + "x".repeat(1 << 16) + "\r\n")) {
            assertThat(send(receiver).isSuccess()).isTrue();

            receiver.awaitNoneOpen();
            assertThat(receiver.written()).isLessThan(64 << 20);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 O",
                "HTTP/1.1 200 OK\r\nx: ",
                "HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n1;",
                "no HTTP at all "
            })
    void anEndlessLineDoesNotFillTheMemory(String begin) throws Exception {
        try (var receiver = RawReceiver.endless(begin, "x".repeat(1 << 16))) {
            if (begin.contains("500")) {
                assertThat(send(receiver).status()).isEqualTo(500);
            } else {
                assertThat(failure(receiver).getMessage()).startsWith("The connection failed (");
            }
            receiver.awaitNoneOpen();
            assertThat(receiver.written()).isLessThan(64 << 20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\n", ""})
    void endlessLinesDoNotFillTheMemory(String begin) throws Exception {
        try (var receiver = RawReceiver.endless(begin, ("x: " + "x".repeat(100) + "\r\n").repeat(600))) {
            assertThat(failure(receiver).getMessage()).startsWith("The connection failed (");
            assertThat(receiver.written()).isLessThan(64 << 20);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length: 100\r\n\r\nbegun",
                "transfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n",
                "transfer-encoding: chunked\r\n\r\n5\r\nbegun\r\nzz"
            })
    void aStatusCountsEvenIfTheBodyBreaksOff(String rest) throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            self.write(socket, "HTTP/1.1 410 Gone\r\n" + rest);
            socket.shutdownOutput();
        })) {
            Sender.Answer answer = send(receiver);

            assertThat(answer.isGone()).isTrue();
            assertThat(answer.beginning()).isIn("begun", "");
            receiver.awaitNoneOpen();
        }
    }

    @Test
    void aStatusCountsEvenIfTheBodyNeverArrives() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            RawReceiver.readHead(socket);
            self.write(socket, "HTTP/1.1 410 Gone\r\ncontent-length: 100\r\n\r\nbegun");
            reached.countDown();
        })) {
            Future<Sender.Answer> attempt = threads.submit(() -> send(receiver));
            assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
            // only the client knows when it has read the head
            while (!isReadingTheBody()) {
                Thread.sleep(1);
            }

            nanos.addAndGet(LONG.toNanos());
            watchdog.tick();

            assertThat(attempt.get(10, TimeUnit.SECONDS).isGone()).isTrue();
            receiver.awaitNoneOpen();
        }
    }

    private static boolean isReadingTheBody() {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.getMethodName().equals("beginning"));
    }
}
