package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.runtime.Watchdog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The addresses that callbacks connect to, with a real socket that must not be reached. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AddressGuardTest {

    private static final String HOST = "rebinding.example.com";
    /** An address of a network that is no longer in use: there is no host and no route. */
    private static final String PUBLIC = "3ffe::7";

    private static final String LOOPBACK = "127.0.0.1";
    private static final String NOT_PUBLIC = AddressGuard.UNREACHABLE;

    private final List<String> lookedUp = new ArrayList<>();
    private ServerSocket inside;

    @BeforeEach
    void listen() throws Exception {
        inside = new ServerSocket(0, 50, InetAddress.getByName(LOOPBACK));
    }

    @AfterEach
    void close() throws Exception {
        inside.close();
    }

    private void requireNotReached() throws Exception {
        // earlier connections are already in the queue, so there is nothing to wait for
        inside.setSoTimeout(1);
        assertThatThrownBy(() -> inside.accept()).isInstanceOf(SocketTimeoutException.class);
    }

    /** Returns the first addresses for the first look-up, the next for the next one, and then always the last. */
    private AddressGuard.Lookup answering(String... answers) {
        return host -> {
            lookedUp.add(host);
            return addresses(answers[Math.min(lookedUp.size(), answers.length) - 1].split(","));
        };
    }

    private static InetAddress[] addresses(String... texts) throws UnknownHostException {
        var all = new InetAddress[texts.length];
        for (int i = 0; i < texts.length; i++) {
            all[i] = InetAddress.getByAddress(
                    HOST, InetAddress.getByName(texts[i]).getAddress());
        }
        return all;
    }

    private Sender.NoAnswer send(AddressGuard.Lookup lookup, String scheme, String host, String... allowed)
            throws Exception {
        return send(lookup, URI.create(scheme + "://" + host + ":" + inside.getLocalPort() + "/"), allowed);
    }

    private static Sender.NoAnswer send(AddressGuard.Lookup lookup, URI url, String... allowed) throws Exception {
        var hosts = new AllowedHosts(List.of(allowed));
        var settings = new WebhookSettings(new Signer(List.of(TestWebhooks.SECRET)), hosts, Duration.ofMillis(200), 4);
        try (var sender = new Sender(settings, new AddressGuard(hosts, lookup), new Watchdog(System::nanoTime))) {
            return catchThrowableOfType(Sender.NoAnswer.class, () -> sender.send("msg_1", Instant.now(), url, "{}"));
        }
    }

    @Test
    void aNameThatBecomesInternalAfterTheCheckIsNotCalled() throws Exception {
        AddressGuard.Lookup rebinding = answering(PUBLIC, LOOPBACK);
        var hosts = new AllowedHosts(List.of());
        URI url = new CallbackUrl(hosts, new AddressGuard(hosts, rebinding))
                .check("https://" + HOST + ":" + inside.getLocalPort() + "/");

        assertThat(send(rebinding, url)).hasMessage(NOT_PUBLIC);
        assertThat(lookedUp).containsExactly(HOST, HOST);
        requireNotReached();
    }

    @Test
    void aNameIsLookedUpOnceForAConnection() throws Exception {
        assertThat(send(answering(PUBLIC, LOOPBACK), "https", HOST)).isNotNull();

        assertThat(lookedUp)
                .as("the checked address is the one of the connection")
                .containsExactly(HOST);
        requireNotReached();
    }

    @Test
    void internalAddressesOfAHostAreNotTried() throws Exception {
        assertThat(send(answering(LOOPBACK + "," + PUBLIC + "," + LOOPBACK), "https", HOST))
                .isNotNull();

        requireNotReached();
    }

    /** The host may have been allowed when the URL was accepted. */
    @ParameterizedTest
    @ValueSource(strings = {PUBLIC, LOOPBACK})
    void aHostThatIsNotAllowedIsNotCalledWithoutTls(String address) throws Exception {
        assertThat(send(answering(address), "http", HOST, "other.example.com"))
                .hasMessage("callbacks need https, unless claude.webhooks.allowed-hosts contains the host");

        assertThat(lookedUp).isEmpty();
        requireNotReached();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "[::1]", "0.0.0.0", "localhost"})
    void anAddressInsteadOfANameIsCheckedToo(String host) throws Exception {
        assertThat(send(InetAddress::getAllByName, "https", host)).hasMessage(NOT_PUBLIC);
        requireNotReached();
    }

    /** The tests above would have noticed a connection. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void anAllowedHostIsReached(String scheme) throws Exception {
        assertThat(send(answering(LOOPBACK), scheme, HOST, HOST))
                .as("there is no answer")
                .isNotNull();

        inside.setSoTimeout(10_000);
        inside.accept().close();
    }

    @Test
    void proxySettingsOfTheMachineAreIgnored() throws Exception {
        ProxySelector before = ProxySelector.getDefault();
        ProxySelector.setDefault(new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                return List.of(new Proxy(Proxy.Type.HTTP, inside.getLocalSocketAddress()));
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException e) {
                // not of interest
            }
        });
        try {
            assertThat(send(answering(LOOPBACK), "https", HOST)).hasMessage(NOT_PUBLIC);
        } finally {
            ProxySelector.setDefault(before);
        }
        requireNotReached();
    }

    @Test
    void anUnknownNameHasTheSameErrorAsAnInternalOne() throws Exception {
        AddressGuard.Lookup failingLookup = host -> {
            throw new UnknownHostException(host + ": Name or service not known at 10.0.0.53");
        };

        assertThat(send(failingLookup, "https", HOST)).hasMessage(NOT_PUBLIC);
    }

    @Test
    void aLookUpThatTakesTooLongIsReported() throws Exception {
        try (var lookup = new TimedLookup(
                host -> {
                    throw new SecurityException("no answer");
                },
                Duration.ofSeconds(5))) {
            assertThat(send(lookup, "https", HOST)).hasMessage(AddressGuard.NOT_ANSWERED);
        }
    }

    @Test
    void theFirstTwoPublicAddressesAreReturnedInTheirOrder() throws Exception {
        var guard = new AddressGuard(
                new AllowedHosts(List.of()),
                answering("10.0.0.1,203.0.114.9,::1,203.0.114.7,2606:4700::1,169.254.169.254"));

        assertThat(guard.resolve(HOST)).containsExactly(addresses("203.0.114.9", "203.0.114.7"));
    }

    @Test
    void internalAddressesOfAnAllowedHostAreReturned() throws Exception {
        var guard = new AddressGuard(new AllowedHosts(List.of("*.example.com")), answering("10.0.0.1,203.0.114.9"));

        assertThat(guard.resolve(HOST)).containsExactly(addresses("10.0.0.1", "203.0.114.9"));
    }

    @Test
    void withoutAPublicAddressAHostIsForbidden() {
        var guard = new AddressGuard(new AllowedHosts(List.of("example.com")), answering("10.0.0.1,::1"));

        assertThatThrownBy(() -> guard.resolve(HOST))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage(HOST);
    }

    @Test
    void aNameIsItsOwnCanonicalName() {
        assertThat(new AddressGuard(new AllowedHosts(List.of()), answering(PUBLIC)).resolveCanonicalHostname(HOST))
                .isEqualTo(HOST);
        assertThat(lookedUp).isEmpty();
    }
}
