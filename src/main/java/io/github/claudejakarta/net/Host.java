package io.github.claudejakarta.net;

import java.net.IDN;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A host in its normal form. Two hosts are equal if they mean the same host, however URLs, headers and settings spell
 * it.
 *
 * <p>Names are in lower case, in ASCII ({@code bücher.example} is {@code xn--bcher-kva.example}, an A-label of RFC
 * 5890) and without a dot at their end. They may contain {@code _}, like names of Docker Compose, although
 * {@link java.net.URI} does not accept such hosts. An IPv6 address is in brackets and shortened; one with a zone
 * ({@code fe80::1%eth0}) is not a host, because its meaning depends on the machine. This class never uses a name
 * server.
 *
 * @param name the normal form
 */
public record Host(String name) {

    private static final String LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
    private static final Pattern NAME = Pattern.compile(LABEL + "(?:\\." + LABEL + ")*");
    private static final int MAX_NAME_LENGTH = 253;
    private static final String OCTET = "(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
    private static final Pattern FOUR_NUMBERS = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");
    private static final Pattern LAST_LABEL_IS_NUMBER = Pattern.compile(".*\\.\\d[^.]*");
    /** A text that the URL standard (WHATWG) reads as an IPv4 address. */
    private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(?:.*\\.)?(?:\\d+|0x[0-9a-f]*)");

    private static final Pattern IPV6 = Pattern.compile("[0-9a-f:.]+");
    private static final Pattern ZEROS = Pattern.compile("(?:^|:)0(?::0)+(?::|$)");
    /**
     * Letters that browsers keep and Java's older IDNA replaces, so that both would connect to different hosts. They
     * must be written as A-labels.
     */
    private static final Pattern AMBIGUOUS = Pattern.compile("[\u00df\u1e9e\u03c2\u200c\u200d]");

    /**
     * Reads a host.
     *
     * @param written a name or an address, without a port; an IPv6 address with or without brackets
     * @return empty for a text that is not a host
     */
    public static Optional<Host> of(String written) {
        boolean isBracketed = written.startsWith("[") && written.endsWith("]");
        return isBracketed || written.indexOf(':') >= 0
                ? ipv6(isBracketed ? written.substring(1, written.length() - 1) : written)
                        .map(Host::new)
                : ascii(written).flatMap(Host::named);
    }

    /**
     * Returns a name in the form of name servers and certificates. HttpCore 5.4 decodes the A-labels of hosts
     * ({@code xn--bcher-kva.example}) and passes the decoded name to resolvers and sockets.
     *
     * @return the encoded name; the unchanged name if it is not a host
     */
    public static String encoded(String name) {
        return of(name).map(Host::bare).orElse(name);
    }

    private static Optional<String> ipv6(String written) {
        String lower = written.toLowerCase(Locale.ROOT);
        if (!IPV6.matcher(lower).matches()) {
            return Optional.empty();
        }
        try {
            // Java never resolves an address in brackets, and returns an IPv4 address for ::ffff:127.0.0.1.
            InetAddress address = InetAddress.getByName("[" + lower + "]");
            return Optional.of(
                    address instanceof Inet4Address
                            ? "[::ffff:" + address.getHostAddress() + "]"
                            : "[" + ZEROS.matcher(address.getHostAddress()).replaceFirst("::") + "]");
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> ascii(String written) {
        if (written.chars().allMatch(c -> c < 0x80)) {
            return Optional.of(written.toLowerCase(Locale.ROOT));
        }
        try {
            return AMBIGUOUS.matcher(written).find()
                    ? Optional.empty()
                    : Optional.of(IDN.toASCII(written).toLowerCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Host> named(String ascii) {
        if (FOUR_NUMBERS.matcher(ascii).matches()) {
            return Optional.of(new Host(ascii));
        }
        String name = ascii.endsWith(".") ? ascii.substring(0, ascii.length() - 1) : ascii;
        return Optional.of(name)
                .filter(text ->
                        text.length() <= MAX_NAME_LENGTH && NAME.matcher(text).matches())
                // Excludes texts such as 127.1, which some programs read as an address and others as a name.
                .filter(text -> !LAST_LABEL_IS_NUMBER.matcher(text).matches())
                .map(Host::new);
    }

    /**
     * Returns whether programs interpret the host differently: {@code 012.0.0.1} is 12.0.0.1 in Java and 10.0.0.1 in C,
     * and {@code 0x7f000001} is a name or 127.0.0.1.
     */
    public boolean isAmbiguous() {
        return ENDS_IN_NUMBER.matcher(name).matches() && !IPV4.matcher(name).matches();
    }

    /** Returns the address if the host is written as an address. Empty for a name. */
    public Optional<InetAddress> address() {
        if (!name.startsWith("[") && !IPV4.matcher(name).matches()) {
            return Optional.empty();
        }
        try {
            // This does not use a name server: Java parses both forms itself.
            return Optional.of(InetAddress.getByName(name));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Returns the host without the brackets of an IPv6 address, for Java's sockets and certificates. */
    public String bare() {
        return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
    }

    @Override
    public String toString() {
        return name;
    }
}
