package io.github.claudejakarta.webhook;

import io.github.claudejakarta.net.AddressBlock;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Distinguishes addresses of the public Internet from all others: of this machine, of private networks, of a cloud. The
 * blocks are from IANA's registries of special-purpose addresses that are not globally reachable.
 */
final class PublicAddresses {

    private static final List<AddressBlock> NOT_PUBLIC = blocks(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            // a public address that Azure's machines use for their own host
            "168.63.129.16/32",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20");
    /** The public addresses of IPv6. All others are reserved, local or multicast. */
    private static final List<AddressBlock> GLOBAL_UNICAST = blocks("2000::/3");
    /** IPv4 addresses in the form for hosts without IPv4 (RFC 6052): the last four bytes are the address. */
    private static final List<AddressBlock> TRANSLATED = blocks("64:ff9b::/96");

    private static final int IPV4_BYTES = 4;

    private PublicAddresses() {}

    static boolean contain(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (isIn(TRANSLATED, bytes)) {
            return isPublic(Arrays.copyOfRange(bytes, bytes.length - IPV4_BYTES, bytes.length));
        }
        return isPublic(bytes) && (address instanceof Inet4Address || isIn(GLOBAL_UNICAST, bytes));
    }

    private static boolean isPublic(byte[] address) {
        return !isIn(NOT_PUBLIC, address);
    }

    private static boolean isIn(List<AddressBlock> blocks, byte[] address) {
        return blocks.stream().anyMatch(block -> block.contains(address));
    }

    private static List<AddressBlock> blocks(String... blocks) {
        return Stream.of(blocks)
                .map(AddressBlock::of)
                .map(Optional::orElseThrow)
                .toList();
    }
}
