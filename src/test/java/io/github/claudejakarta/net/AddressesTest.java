package io.github.claudejakarta.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.core5.http.HttpHost;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressesTest {

    @ParameterizedTest
    @CsvSource({
        "xn--bcher-kva.example, xn--bcher-kva.example",
        "bücher.example, xn--bcher-kva.example",
        "llm_gateway, llm_gateway",
        "Claude.Example, claude.example",
        "::1, ::1",
        "127.0.0.1, 127.0.0.1"
    })
    void resolvesTheEncodedName(String host, String lookedUp) throws Exception {
        InetAddress found = InetAddress.getByAddress(new byte[] {127, 0, 0, 7});
        var addresses = new Addresses(name -> {
            if (!name.equals(lookedUp)) {
                throw new UnknownHostException(name);
            }
            return new InetAddress[] {found};
        });

        // HttpCore may have decoded the name.
        assertThat(addresses.resolve(new HttpHost(host).getHostName())).containsExactly(found);
        assertThat(addresses.resolve(host)).containsExactly(found);
    }

    @ParameterizedTest
    @CsvSource({"a b", "''"})
    void resolvesOtherTextUnchanged(String text) {
        var addresses = new Addresses(name -> {
            throw new UnknownHostException("<" + name + ">");
        });

        assertThatThrownBy(() -> addresses.resolve(text)).hasMessage("<" + text + ">");
    }
}
