package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Inet6Address;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressesTest {

    private static final String REST = ":ffff:ffff:ffff:ffff:ffff:ffff";

    @ParameterizedTest
    @CsvSource({
        "0.0.0.0,0.255.255.255",
        "10.0.0.0,10.255.255.255",
        "100.64.0.0,100.127.255.255",
        "127.0.0.0,127.255.255.255",
        "169.254.0.0,169.254.255.255",
        "172.16.0.0,172.31.255.255",
        "192.0.0.0,192.0.0.255",
        "192.0.2.0,192.0.2.255",
        "192.88.99.0,192.88.99.255",
        "192.168.0.0,192.168.255.255",
        "198.18.0.0,198.19.255.255",
        "198.51.100.0,198.51.100.255",
        "203.0.113.0,203.0.113.255",
        "224.0.0.0,239.255.255.255",
        "240.0.0.0,255.255.255.255",
        "168.63.129.16,168.63.129.16",
        "2001::,2001:1ff" + REST,
        "2001:db8::,2001:db8" + REST,
        "2002::,2002:ffff" + REST,
        "3fff::,3fff:fff" + REST
    })
    void theFirstAndTheLastAddressOfASpecialBlockAreNotPublic(String first, String last) throws Exception {
        assertThat(isPublic(first)).isFalse();
        assertThat(isPublic(last)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.0.0.0",
                "9.255.255.255",
                "11.0.0.0",
                "100.63.255.255",
                "100.128.0.0",
                "126.255.255.255",
                "128.0.0.0",
                "169.253.255.255",
                "169.255.0.0",
                "172.15.255.255",
                "172.32.0.0",
                "191.255.255.255",
                "192.0.1.0",
                "192.0.1.255",
                "192.0.3.0",
                "192.88.98.255",
                "192.88.100.0",
                "192.167.255.255",
                "192.169.0.0",
                "198.17.255.255",
                "198.20.0.0",
                "198.51.99.255",
                "198.51.101.0",
                "203.0.112.255",
                "203.0.114.0",
                "223.255.255.255",
                "168.63.129.15",
                "168.63.129.17",
                "2000::",
                "2000:ffff" + REST,
                "2001:200::",
                "2001:db7" + REST,
                "2001:db9::",
                "2001:ffff" + REST,
                "2003::",
                "3ffe:ffff" + REST,
                "3fff:1000::",
                "3fff:ffff" + REST
            })
    void theNeighboursOfASpecialBlockArePublic(String address) throws Exception {
        assertThat(isPublic(address)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"8.8.8.8", "52.1.2.3", "2606:4700::6810:84e5", "2a00:1450:4001:82a::200e"})
    void serversOfTheInternetArePublic(String address) throws Exception {
        assertThat(isPublic(address)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "::",
                "127.0.0.1",
                "::1",
                "169.254.0.1",
                "fe80::1",
                "fe80::",
                "febf:ffff" + REST,
                "fec0::1",
                "fc00::",
                "fdff:ffff" + REST,
                "224.0.0.1",
                "255.255.255.255",
                "ff00::",
                "ff02::1",
                "ff0e::1",
                "ffff:ffff" + REST
            })
    void unspecifiedLocalAndMulticastAddressesAreNotPublic(String address) throws Exception {
        assertThat(isPublic(address)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "Amazon,169.254.169.254",
        "Amazon,fd00:ec2::254",
        "Alibaba,100.100.100.200",
        "Oracle,192.0.0.192",
        "Azure,168.63.129.16"
    })
    void addressesOfCloudServicesAreNotPublic(String cloud, String address) throws Exception {
        assertThat(isPublic(address)).as(cloud).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1fff:ffff" + REST,
                "4000::",
                "100::",
                "100:0:0:1::",
                "64:ff9b:1::808:808",
                "5f00::1",
                "::808:808",
                "::ffff:0:808:808"
            })
    void addressesThatAreNotGlobalUnicastAreNotPublic(String address) throws Exception {
        assertThat(isPublic(address)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "::ffff:8.8.8.8,true",
        "::ffff:127.0.0.1,false",
        "::ffff:7f00:1,false",
        "::ffff:10.0.0.1,false",
        "::ffff:169.254.169.254,false",
        "::ffff:0.0.0.0,false"
    })
    void theFourBytesOfAMappedAddressDecide(String address, boolean isPublic) throws Exception {
        assertThat(isPublic(address)).isEqualTo(isPublic);
    }

    /** Java converts it to four bytes wherever it can; here it cannot. */
    @Test
    void aMappedAddressOfSixteenBytesIsNotPublic() throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = mapped[11] = (byte) 0xff;
        mapped[12] = mapped[13] = mapped[14] = mapped[15] = 8;

        assertThat(PublicAddresses.contain(Inet6Address.getByAddress(null, mapped, 1)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "64:ff9b::8.8.8.8,true",
        "64:ff9b::172.15.255.255,true",
        "64:ff9b::127.0.0.1,false",
        "64:ff9b::10.0.0.1,false",
        "64:ff9b::192.168.1.1,false",
        "64:ff9b::169.254.169.254,false",
        "64:ff9b::0.0.0.0,false",
        "64:ff9b::255.255.255.255,false",
        "64:ff9b::168.63.129.16,false"
    })
    void theLastFourBytesOfATranslatedAddressDecide(String address, boolean isPublic) throws Exception {
        assertThat(isPublic(address)).isEqualTo(isPublic);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "64:ff9a:ffff:ffff:ffff:ffff:808:808",
                "64:ff9b:0:0:0:1:808:808",
                "64:ff9b:0:0:1::808:808",
                "65:ff9b::808:808"
            })
    void addressesNextToTheTranslatedOnesAreNotPublic(String address) throws Exception {
        assertThat(isPublic(address)).isFalse();
    }

    private static boolean isPublic(String address) throws Exception {
        return PublicAddresses.contain(InetAddress.getByName(address));
    }
}
