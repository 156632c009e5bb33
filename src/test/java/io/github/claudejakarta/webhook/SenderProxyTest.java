package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.net.HttpProxy;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.upstream.ForwardProxy;
import io.github.claudejakarta.upstream.Identity;
import io.github.claudejakarta.upstream.RefusingPort;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Callbacks through a proxy, which resolves names itself. This server still checks everything that it can. */
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SenderProxyTest {

    private static final String ID = "msg_0123456789abcdef0123456789abcdef";
    /** A host that only the proxy can resolve. */
    private static final String HOOKS = "hooks.example.com";

    private static SSLContext identity;

    private final ForwardProxy proxy = ForwardProxy.start();
    private final ScriptedUpstream secured = ScriptedUpstream.startSecured(identity);
    private final ScriptedUpstream plain = ScriptedUpstream.start();

    @BeforeAll
    static void makeIdentity(@TempDir Path folder) throws Exception {
        identity = Identity.create(folder, "dns:" + HOOKS);
    }

    @AfterEach
    void close() {
        proxy.close();
        secured.close();
        plain.close();
    }

    private static InetAddress[] addresses(String host) throws UnknownHostException {
        return switch (host) {
            case "inside.example.com" -> new InetAddress[] {InetAddress.getByName("10.1.2.3")};
            case "localhost" -> new InetAddress[] {InetAddress.getByName("127.0.0.1")};
            case "public.example.com" -> new InetAddress[] {InetAddress.getByName("203.0.114.7")};
            default -> {
                if (host.matches("[0-9.]+|\\[.*]")) {
                    yield InetAddress.getAllByName(host);
                }
                throw new UnknownHostException(host);
            }
        };
    }

    private WebhookSettings settings(String proxyUrl) {
        return new WebhookSettings(
                new Signer(List.of(TestWebhooks.SECRET)),
                new AllowedHosts(List.of("erp_intake", "xn--bcher-kva.intra")),
                Duration.ofSeconds(5),
                4,
                Optional.of(HttpProxy.of("claude.webhooks.proxy", proxyUrl)));
    }

    private Sender.Answer send(String proxyUrl, String url) throws Sender.NoAnswer {
        var settings = settings(proxyUrl);
        try (var sender = new Sender(
                settings,
                new AddressGuard(settings.allowedHosts(), SenderProxyTest::addresses, true),
                SenderProxyTest::addresses,
                new Watchdog(System::nanoTime),
                identity)) {
            return sender.send(ID, Instant.now(), URI.create(url), "{\"a\":1}");
        }
    }

    private String checked(String url) {
        var hosts = settings(proxy.url()).allowedHosts();
        return new CallbackUrl(hosts, new AddressGuard(hosts, SenderProxyTest::addresses, true))
                .check(url)
                .toString();
    }

    @Test
    void aTunnelLeadsToTheReceiver() throws Exception {
        secured.answer(Script.json(200, "ok"));

        assertThat(send(
                                proxy.requiring("user:password").url("user:password"),
                                "https://" + HOOKS + ":" + secured.url().getPort() + "/x?y")
                        .isSuccess())
                .isTrue();

        assertThat(proxy.seen()).singleElement().satisfies(seen -> {
            assertThat(seen.target()).isEqualTo(HOOKS + ":" + secured.url().getPort());
            assertThat(seen.headers()).noneMatch(line -> line.startsWith("webhook"));
        });
        var request = secured.takeRequest();
        assertThat(request.target()).isEqualTo("/x?y");
        assertThat(request.header("host")).contains(HOOKS + ":" + secured.url().getPort());
        assertThat(request.header("proxy-authorization")).isEmpty();
        assertThat(request.text()).isEqualTo("{\"a\":1}");
    }

    @ParameterizedTest
    @CsvSource({"ERP_intake,erp_intake", "xn--bcher-kva.intra,xn--bcher-kva.intra"})
    void anAllowedHostMayUsePlainHttp(String host, String sent) throws Exception {
        plain.answer(Script.json(200, "ok"));

        assertThat(send(
                                proxy.requiring("user:password").url("user:password"),
                                "http://" + host + ":" + plain.url().getPort() + "/x?y")
                        .isSuccess())
                .isTrue();

        assertThat(proxy.seen())
                .singleElement()
                .satisfies(seen -> assertThat(seen.target())
                        .isEqualTo("http://" + sent + ":" + plain.url().getPort() + "/x?y"));
        assertThat(plain.takeRequest().header("proxy-authorization")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://inside.example.com/",
                "https://localhost/",
                "https://127.0.0.1/",
                "https://10.1.2.3/",
                "https://[::1]/",
                "https://169.254.169.254/",
                "https://012.0.0.1/",
                "https://0x7f000001/",
                "https://017700000001/",
                "https://2130706433/"
            })
    void hostsThatResolveToInternalAddressesAreRejected(String url) {
        assertThat(catchThrowableOfType(ClaudeException.class, () -> checked(url))
                        .errorMessage())
                .isEqualTo("callback_url: " + AddressGuard.UNREACHABLE);
        assertThat(catchThrowableOfType(Sender.NoAnswer.class, () -> send(proxy.url(), url)))
                .hasMessage(AddressGuard.UNREACHABLE);
        assertThat(proxy.seen()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example.com/",
                "https://public.example.com/",
                "https://203.0.114.7/",
                "http://erp_intake/",
                "https://erp_intake:8443/"
            })
    void theProxyResolvesOtherHosts(String url) {
        assertThat(checked(url)).isEqualTo(url);
    }

    @Test
    void onlyAllowedHostsMayUsePlainHttp() {
        assertThat(catchThrowableOfType(ClaudeException.class, () -> checked("http://hooks.example.com/")))
                .hasMessageContaining("callbacks need https");
        assertThat(catchThrowableOfType(Sender.NoAnswer.class, () -> send(proxy.url(), "http://hooks.example.com/")))
                .hasMessageContaining("callbacks need https");
    }

    @ParameterizedTest
    @CsvSource({
        "403,does not allow a connection to public.example.com:1 (HTTP 403)",
        "502,could not open a connection to public.example.com:1 (HTTP 502)",
        "407,requires a user and a password (HTTP 407); set claude.webhooks.proxy to a URL that has them"
    })
    void anErrorOfTheProxyIsNotAnAnswerOfTheReceiver(int status, String what) {
        proxy.answer("HTTP/1.1 " + status + " No\r\n\r\n");

        var failure =
                catchThrowableOfType(Sender.NoAnswer.class, () -> send(proxy.url(), "https://public.example.com:1/"));

        assertThat(failure).hasMessage("The proxy for callbacks (claude.webhooks.proxy) " + what);
        assertThat(failure.getMessage())
                .as("callers must not see internal names")
                .doesNotContain("localhost");
    }

    /** Otherwise callers could find out internal hosts and ports. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 403 No\r\n\r\n",
                "HTTP/1.1 502 No\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nnot TLS",
                "nonsense\r\n\r\n"
            })
    void hostsThatOnlyTheProxyKnowsHaveTheSameError(String answer) {
        proxy.answer(answer);

        assertThat(catchThrowableOfType(Sender.NoAnswer.class, () -> send(proxy.url(), "https://" + HOOKS + ":1/")))
                .hasMessage(AddressGuard.UNREACHABLE);
    }

    @Test
    void aStatusOf407WithinATunnelIsFromTheReceiver() throws Exception {
        secured.answer(Script.json(407, "mine"));

        Sender.Answer answer =
                send(proxy.url(), "https://" + HOOKS + ":" + secured.url().getPort() + "/");

        assertThat(answer.status()).isEqualTo(407);
        assertThat(answer.beginning()).isEqualTo("mine");
    }

    @Test
    void anErrorOfTheProxyForPlainHttpIsNotAnAnswerOfTheReceiver() {
        proxy.requiring("user:password");

        assertThat(catchThrowableOfType(
                        Sender.NoAnswer.class, () -> send(proxy.url("user:wrong"), "http://erp_intake:1/")))
                .hasMessage(
                        "The proxy for callbacks (claude.webhooks.proxy) rejected the user or the password (HTTP 407)");
    }

    @Test
    void aMissingProxyIsAFailure() throws Exception {
        try (var port = new RefusingPort()) {
            assertThat(catchThrowableOfType(
                            Sender.NoAnswer.class,
                            () -> send("http://localhost:" + port.number(), "https://" + HOOKS + "/")))
                    .hasMessageStartingWith("The proxy for callbacks (claude.webhooks.proxy) could not be reached: ");
        }
        assertThat(catchThrowableOfType(
                        Sender.NoAnswer.class, () -> send("http://proxy.invalid:1", "https://" + HOOKS + "/")))
                .hasMessageStartingWith("The proxy for callbacks (claude.webhooks.proxy) could not be reached: ")
                .hasMessageNotContaining("proxy.invalid");
    }
}
