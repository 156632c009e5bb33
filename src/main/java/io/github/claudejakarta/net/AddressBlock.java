package io.github.claudejakarta.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;

/**
 * A block of addresses that begin with the same bits, for example {@code 10.0.0.0/8} (CIDR, RFC 4632).
 *
 * @param address of 4 or 16 bytes
 * @param bits the number of its first bits that count
 */
public record AddressBlock(byte[] address, int bits) {

    /** Reads a block. Empty for a text that is not one. */
    public static Optional<AddressBlock> of(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("\\d{1,3}")) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(text.substring(slash + 1));
        return Host.of(text.substring(0, slash))
                .flatMap(Host::address)
                .map(InetAddress::getAddress)
                .filter(address -> bits <= address.length * Byte.SIZE)
                .map(address -> new AddressBlock(address, bits));
    }

    /** Returns whether an address, as {@link InetAddress#getAddress()} returns it, is in this block. */
    public boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        int whole = bits / Byte.SIZE;
        int rest = bits % Byte.SIZE;
        return Arrays.equals(address, 0, whole, other, 0, whole)
                && (rest == 0
                        || (address[whole] & 0xff) >> Byte.SIZE - rest == (other[whole] & 0xff) >> Byte.SIZE - rest);
    }
}
