package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CallbackUrlTest {

    private static final String NOT_HTTPS = "Input should be an https URL with a host";
    private static final String INSIDE = AddressGuard.UNREACHABLE;
    /** Resolves the names of the tests. Java resolves addresses without a look-up. */
    private static final Map<String, List<String>> NAMES = Map.of(
            "hooks.example.com",
            List.of("203.0.114.7", "2606:4700::1"),
            "inside.example.com",
            List.of("10.1.2.3"),
            "mixed.example.com",
            List.of("192.168.1.1", "203.0.114.7"),
            "all-inside.example.com",
            List.of("10.1.2.3", "fd00::1", "127.0.0.1"),
            "localhost",
            List.of("127.0.0.1", "::1"),
            "erp",
            List.of("10.0.0.9"),
            // not for Java, but for the look-up of some systems
            "0x7f000001",
            List.of("127.0.0.1"),
            "017700000001",
            List.of("127.0.0.1"));

    private static InetAddress[] addresses(String host) throws UnknownHostException {
        if (NAMES.containsKey(host)) {
            var all = new InetAddress[NAMES.get(host).size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = InetAddress.getByName(NAMES.get(host).get(i));
            }
            return all;
        }
        if (host.equals("llm_gateway") || host.endsWith(".intra")) {
            return addresses("erp");
        }
        if (host.equals("xn--bcher-kva.example.com") || host.equals("a_b.example.com")) {
            return addresses("hooks.example.com");
        }
        if (host.equalsIgnoreCase("erp")) {
            return addresses("erp");
        }
        if (host.startsWith("[") || host.matches("[0-9.]+")) {
            return InetAddress.getAllByName(host);
        }
        throw new UnknownHostException(host);
    }

    private static String checked(String url, String... allowed) {
        var hosts = new AllowedHosts(List.of(allowed));
        return new CallbackUrl(hosts, new AddressGuard(hosts, CallbackUrlTest::addresses))
                .check(url)
                .toString();
    }

    private static void requireRejected(String url, String why, String... allowed) {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> checked(url, allowed));

        assertThat(refusal).as(url).isNotNull();
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage()).isEqualTo("callback_url: " + why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example.com/a",
                "https://hooks.example.com",
                "https://hooks.example.com:8443/a?b=c&d",
                "HTTPS://hooks.example.com/",
                "https://hooks.example.com:/",
                "https://hooks.example.com:65535/%20",
                "https://203.0.114.7/",
                "https://[2606:4700::1]:443/",
                "https://mixed.example.com/"
            })
    void validUrlsAreUnchanged(String url) {
        assertThat(checked(url)).isEqualTo(url);
    }

    @Test
    void anUnknownNameIsRejectedWithTheSameErrorAsAnInternalOne() {
        requireRejected("https://mistyped.example.org/hook", INSIDE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/hook",
                "hook",
                "hooks.example.com/a",
                "//hooks.example.com/a",
                "https:hooks.example.com",
                "https:/hooks.example.com",
                "https:///hook",
                "https://:443/",
                "https://?a",
                "ftp://hooks.example.com/",
                "file:///etc/passwd",
                "gopher://hooks.example.com/",
                "ws://hooks.example.com/",
                "httpss://hooks.example.com/",
                "jar:https://hooks.example.com/!/",
                "mailto:a@example.com",
                "https://hooks.example.com:0/",
                "https://hooks.example.com:65536/",
                "https://hooks.example.com:443443/",
                "https://hooks.example.com:-1/",
                "https://hooks.example.com:a/",
                "https://stra\u00dfe.example.com/",
                "https://[fe80::1%25eth0]/",
                "https://[fe80::1%eth0]/",
                "https://%6c%6fcalhost/",
                "https://127.1/",
                "https://0177.1/",
                "https://0x7f.1/",
                "https://127.0.0.1./",
                "https://.example.com/",
                "https://a@b@c/"
            })
    void aTextThatIsNotAnHttpsUrlWithAHostIsRejected(String url) {
        requireRejected(url, NOT_HTTPS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https:",
                "https://",
                "https://hooks.example.com/a b",
                "https://hooks.example.com /",
                " https://hooks.example.com/",
                "https://hooks.example.com/\n",
                "https://hooks.example.com/%zz",
                "https://hooks.example.com\\@localhost/",
                "https://[::1/",
                "https://[hooks]/",
                "https://{host}/",
                "://x",
                "1https://x/",
                "https://hooks.example.com/\0"
            })
    void aTextThatIsNotAUrlIsRejected(String url) {
        requireRejected(url, "Input should be a valid URL");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://user@hooks.example.com/",
                "https://user:secret@hooks.example.com/",
                "https://@hooks.example.com/",
                "https://:@hooks.example.com/",
                "https://hooks.example.com/#",
                "https://hooks.example.com/#a",
                "https://hooks.example.com#@localhost/"
            })
    void aUserOrAFragmentIsRejected(String url) {
        requireRejected(url, "the URL must not contain a user or a fragment");
    }

    @Test
    void aUrlHasAtMostTwoThousandCharacters() {
        String begin = "https://hooks.example.com/";
        String longest = begin + "x".repeat(2_000 - begin.length());

        assertThat(checked(longest)).isEqualTo(longest);
        requireRejected(longest + "x", "URL should have at most 2000 characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://hooks.example.com//", "https://hooks.example.com//a", "https://hooks.example.com///a?b"
            })
    void aPathThatTheClientCannotSendIsRejected(String url) {
        requireRejected(url, "the path must not begin with two slashes");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.example.com/a//b",
                "https://hooks.example.com?//",
                "https://hooks.example.com/?a=//b"
            })
    void twoSlashesLaterInThePathAreAllowed(String url) {
        assertThat(checked(url)).isEqualTo(url);
    }

    @Test
    void aLookUpThatTakesTooLongMayBeRetried() {
        var hosts = new AllowedHosts(List.of());
        try (var lookup = new TimedLookup(
                host -> {
                    throw new SecurityException("no answer");
                },
                Duration.ofSeconds(5))) {
            var urls = new CallbackUrl(hosts, new AddressGuard(hosts, lookup));

            var refusal = catchThrowableOfType(ClaudeException.class, () -> urls.check("https://hooks.example.com/"));

            assertThat(refusal.status()).isEqualTo(503);
            assertThat(refusal.retryAfter()).isPresent();
            assertThat(refusal.errorMessage()).isEqualTo("callback_url: " + AddressGuard.NOT_ANSWERED);
        }
    }

    @Test
    void charactersBeyondAsciiAreEncoded() {
        assertThat(checked("https://hooks.example.com/\u00e4?\u20ac=%C3%A4"))
                .isEqualTo("https://hooks.example.com/%C3%A4?%E2%82%AC=%C3%A4");
    }

    @ParameterizedTest
    @CsvSource({
        "https://b\u00fccher.example.com/a?b,https://xn--bcher-kva.example.com/a?b",
        "https://B\u00dcCHER.example.com:8443,https://xn--bcher-kva.example.com:8443",
        "https://xn--bcher-kva.example.com/,https://xn--bcher-kva.example.com/",
        "https://a_b.example.com/,https://a_b.example.com/",
        "https://Hooks.example.com./,https://Hooks.example.com./"
    })
    void namesMayHaveLettersBeyondAsciiAndUnderscores(String url, String sent) {
        assertThat(checked(url)).isEqualTo(sent);
    }

    @ParameterizedTest
    @CsvSource({
        "http://llm_gateway:8080/a,llm_gateway",
        "http://LLM_Gateway/,llm_gateway",
        "http://localhost./,localhost",
        "http://[0:0:0:0:0:0:0:1]/,::1",
        "http://[::1]:8080/,[::1]",
        "http://xn--bcher-kva.intra/,b\u00fccher.intra"
    })
    void everySpellingOfAnAllowedHostIsAllowed(String url, String allowed) {
        assertThat(checked(url, allowed)).isEqualTo(url);
    }

    @Test
    void aLoneSurrogateIsRejected() {
        requireRejected("https://hooks.example.com/\ud83d", "Input should be a valid URL");
        requireRejected("https://hooks.example.com/?\ude00\ud83d", "Input should be a valid URL");
    }

    @Test
    void theLimitIsForTheEncodedUrl() {
        requireRejected(
                "https://hooks.example.com/" + "\u00e4".repeat(1_000), "URL should have at most 2000 characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://hooks.example.com/",
                "HTTP://hooks.example.com/",
                "http://soon.example.org/",
                "http://203.0.114.7/",
                "http://localhost/",
                "http://erp.example.com/"
            })
    void plainHttpIsRejected(String url) {
        requireRejected(url, "callbacks need https, unless claude.webhooks.allowed-hosts contains the host", "erp");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost.",
                "127.0.0.1",
                "127.255.255.254",
                "127.0.0.01",
                "[::1]",
                "[0:0:0:0:0:0:0:1]",
                "[::]",
                "0.0.0.0",
                "0",
                "1",
                "2130706433",
                "017700000001",
                "0x7f000001",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::127.0.0.1]",
                "[64:ff9b::7f00:1]",
                "[64:ff9b::10.0.0.1]",
                "169.254.169.254",
                "[fe80::1]",
                "[fd00:ec2::254]",
                "[fec0::1]",
                "10.0.0.1",
                "172.16.0.1",
                "192.168.0.1",
                "100.64.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "[ff02::1]",
                "168.63.129.16",
                "erp",
                "inside.example.com",
                "all-inside.example.com"
            })
    void internalHostsAreRejected(String host) {
        requireRejected("https://" + host + "/", INSIDE);
        requireRejected("https://" + host + ":8443/hook", INSIDE, "*.example.org", "hooks.example.com");
    }

    @ParameterizedTest
    @CsvSource({
        "https://erp/,erp",
        "http://erp:8080/a,erp",
        "http://ERP/,erp",
        "https://inside.example.com/,*.example.com",
        "http://localhost/,localhost",
        "http://[::1]:1/,[::1]",
        "http://127.0.0.1/,127.0.0.1",
        "http://hooks.example.com/,hooks.example.com"
    })
    void anAllowedHostMayBeInternalAndPlain(String url, String allowed) {
        assertThat(checked(url, allowed)).isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource({
        "https://127.0.0.1/,localhost",
        "https://[::1]/,127.0.0.1",
        "https://inside.example.com/,example.com",
        "https://erp/,erp.example.com"
    })
    void anotherSpellingIsNotAllowed(String url, String allowed) {
        requireRejected(url, INSIDE, allowed);
    }

    @Test
    void theRestOfAUrlOfAnAllowedHostIsCheckedToo() {
        requireRejected("ftp://erp/", NOT_HTTPS, "erp");
        requireRejected("http://erp:0/", NOT_HTTPS, "erp");
        requireRejected("http://user@erp/", "the URL must not contain a user or a fragment", "erp");
    }

    @Test
    void noErrorContainsAnAddress() {
        for (String host : List.of("erp", "inside.example.com", "all-inside.example.com")) {
            var refusal = catchThrowableOfType(ClaudeException.class, () -> checked("https://" + host + "/"));

            assertThat(refusal.body()).doesNotContain("10.", "fd00", "127.0.0.1");
        }
    }
}
