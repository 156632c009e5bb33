package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Callbacks over TLS, which all hosts need that the operator has not allowed without. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SenderTlsTest {

    private static final Duration LONG = Duration.ofHours(1);
    private static final String ID = "msg_0123456789abcdef0123456789abcdef";

    @TempDir
    static Path folder;

    private static SSLContext identity;

    private final AtomicLong nanos = new AtomicLong();
    private final Watchdog watchdog = new Watchdog(nanos::get);
    private final CountDownLatch reached = new CountDownLatch(1);

    @BeforeAll
    static void makeIdentity() throws Exception {
        identity = Identity.create(folder);
    }

    private static WebhookSettings settings() {
        return new WebhookSettings(
                new Signer(List.of(TestWebhooks.SECRET)),
                new AllowedHosts(List.of("localhost", "hooks.example.com")),
                LONG,
                4);
    }

    private static AddressGuard guard() {
        return new AddressGuard(
                settings().allowedHosts(), host -> new InetAddress[] {InetAddress.getByName("127.0.0.1")});
    }

    private Sender sender(SSLContext trusting) {
        return new Sender(settings(), guard(), watchdog, trusting);
    }

    private Sender.NoAnswer failure(SSLContext trusting, URI url, String payload) throws IOException {
        try (Sender sender = sender(trusting)) {
            return catchThrowableOfType(Sender.NoAnswer.class, () -> sender.send(ID, Instant.now(), url, payload));
        }
    }

    @Test
    void aTrustedReceiverIsCalled() throws Exception {
        try (var receiver = ScriptedUpstream.startSecured(identity);
                Sender sender = sender(identity)) {
            receiver.answer(Script.json(200, "ok"));

            assertThat(sender.send(ID, Instant.now(), receiver.url(), "{\"a\":\"\u00e4\"}")
                            .isSuccess())
                    .isTrue();
            assertThat(receiver.takeRequest().text()).isEqualTo("{\"a\":\"\u00e4\"}");
            receiver.awaitOpenConnections(0);
        }
    }

    @Test
    void aHostWithLettersBeyondAsciiIsLookedUpAndVerifiedInItsEncodedForm(@TempDir Path directory) throws Exception {
        SSLContext encoded = Identity.create(directory, "dns:xn--bcher-kva.example");
        var lookedUp = new CopyOnWriteArrayList<String>();
        var guard = new AddressGuard(new AllowedHosts(List.of("xn--bcher-kva.example")), host -> {
            lookedUp.add(host);
            return new InetAddress[] {InetAddress.getByName("127.0.0.1")};
        });
        try (var receiver = ScriptedUpstream.startSecured(encoded);
                var sender = new Sender(settings(), guard, watchdog, encoded)) {
            receiver.answer(Script.json(200, "ok"));
            URI url =
                    URI.create("https://xn--bcher-kva.example:" + receiver.url().getPort() + "/");

            assertThat(sender.send(ID, Instant.now(), url, "{}").isSuccess()).isTrue();
        }
        assertThat(lookedUp).containsOnly("xn--bcher-kva.example");
    }

    @Test
    void certificatesThatThePlatformTrustsAreTrusted() throws Exception {
        SSLContext before = SSLContext.getDefault();
        SSLContext.setDefault(identity);
        try (var receiver = ScriptedUpstream.startSecured(identity);
                var sender = new Sender(settings(), guard(), watchdog)) {
            receiver.answer(Script.json(200, "ok"));

            assertThat(sender.send(ID, Instant.now(), receiver.url(), "{}").isSuccess())
                    .isTrue();
        } finally {
            SSLContext.setDefault(before);
        }
    }

    @Test
    void anUntrustedCertificateIsAFailure() throws Exception {
        try (var receiver = ScriptedUpstream.startSecured(identity)) {
            assertThat(failure(SSLContext.getDefault(), receiver.url(), "{}")).hasMessageStartingWith("TLS failed: ");
            assertThat(receiver.requests()).isEmpty();
            receiver.awaitOpenConnections(0);
        }
    }

    @Test
    void aCertificateForAnotherHostIsAFailureThatDoesNotNameTheHost(@TempDir Path directory) throws Exception {
        var names = new StringBuilder("dns:erp.inside,ip:10.1.2.3");
        for (int i = 0; i < 200; i++) {
            names.append(",dns:host").append(i).append(".inside");
        }
        SSLContext others = Identity.create(directory, names.toString());
        try (var receiver = ScriptedUpstream.startSecured(others)) {
            assertThat(failure(others, receiver.url(), "{}"))
                    .hasMessage("TLS failed: the certificate is not for this host");
            assertThat(receiver.requests()).isEmpty();
            receiver.awaitOpenConnections(0);
        }
    }

    @Test
    void theCertificateMustMatchTheNameAndNotTheAddress() throws Exception {
        try (var receiver = ScriptedUpstream.startSecured(identity)) {
            URI url = URI.create("https://hooks.example.com:" + receiver.url().getPort() + "/");

            assertThat(failure(identity, url, "{}")).hasMessage("TLS failed: the certificate is not for this host");
            assertThat(receiver.requests()).isEmpty();
        }
    }

    @Test
    void aReceiverWithoutTlsIsAFailure() throws Exception {
        try (var receiver =
                RawReceiver.start((self, socket) -> self.write(socket, "HTTP/1.1 400 Bad Request\r\n\r\n"))) {
            assertThat(failure(identity, secured(receiver), "{}"))
                    .hasMessageStartingWith("TLS failed: ")
                    .message()
                    .doesNotContain("127.0.0.1");
            receiver.awaitNoneOpen();
        }
    }

    private static URI secured(RawReceiver receiver) {
        return URI.create("https://localhost:" + receiver.port() + "/");
    }

    private void requireEndInTime(RawReceiver receiver, String payload) throws Exception {
        var threads = Executors.newSingleThreadExecutor();
        try {
            Future<Sender.NoAnswer> failing = threads.submit(() -> failure(identity, secured(receiver), payload));
            assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
            watchdog.tick();
            assertThat(failing.isDone()).isFalse();

            nanos.addAndGet(LONG.toNanos());
            watchdog.tick();

            assertThat(failing.get(10, TimeUnit.SECONDS)).hasMessage("There was no answer within 3600 s");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aHandshakeThatIsNotAnsweredEndsInTime() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> reached.countDown())) {
            requireEndInTime(receiver, "{}");
            receiver.awaitNoneOpen();
        }
    }

    @Test
    void aHandshakeByteAfterByteEndsInTime() throws Exception {
        try (var receiver = RawReceiver.start((self, socket) -> {
            // a record of 8,192 bytes that is never complete
            self.write(socket, "\u0016\u0003\u0003 \u0000");
            while (!self.isStoppedWithin(5)) {
                self.write(socket, "x");
                reached.countDown();
            }
        })) {
            requireEndInTime(receiver, "{}");
            receiver.awaitNoneOpen();
        }
    }

    /**
     * An orderly end of TLS needs a write, which blocks because the buffers are full. The watchdog must not wait for
     * it.
     */
    @Slow("time limits in real time")
    @Test
    void aReceiverThatDoesNotReadEndsInTime() throws Exception {
        try (var receiver = RawReceiver.startSecured(identity, (self, socket) -> {
            ((SSLSocket) socket).startHandshake();
            reached.countDown();
            while (!self.isStoppedWithin(100)) {
                // reads nothing
            }
        })) {
            requireEndInTime(receiver, "x".repeat(64 << 20));
        }
    }

    @Test
    void onlyTheBeginningOfAnEndlessBodyIsRead() throws Exception {
        try (var receiver = RawReceiver.startSecured(identity, (self, socket) -> {
                    RawReceiver.readHead(socket);
                    self.write(socket, "HTTP/1.1 200 OK\r\n\r\n");
                    while (self.written() < 128 << 20) {
                        self.write(socket, "x".repeat(1 << 16));
                    }
                });
                Sender sender = sender(identity)) {
            assertThat(sender.send(ID, Instant.now(), secured(receiver), "{}").isSuccess())
                    .isTrue();

            receiver.awaitNoneOpen();
            assertThat(receiver.written()).isLessThan(64 << 20);
        }
    }
}
