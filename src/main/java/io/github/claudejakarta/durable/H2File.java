package io.github.claudejakarta.durable;

import java.io.File;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The file of an H2 database that runs inside of this process. */
final class H2File {

    /** H2 can open its file and write if this many bytes are free. */
    private static final long REQUIRED_BYTES = 16L << 20;
    /** The path follows the names of file systems, if there are any ({@code retry:}), and precedes the settings. */
    private static final Pattern URL = Pattern.compile("jdbc:h2:((?:[a-zA-Z]{2,}:)*)([^;]+).*");

    private static final Set<String> NO_FILE = Set.of("tcp:", "ssl:", "mem:");

    private final File folder;

    private H2File(File folder) {
        this.folder = folder;
    }

    /** Returns the file of a JDBC URL. Empty for a server, a database in memory, or another product. */
    static Optional<H2File> of(String url) {
        Matcher matcher = URL.matcher(url == null ? "" : url);
        if (!matcher.matches() || NO_FILE.stream().anyMatch(matcher.group(1)::contains)) {
            return Optional.empty();
        }
        String path = matcher.group(2).replaceFirst("^~", Matcher.quoteReplacement(System.getProperty("user.home")));
        return Optional.of(new H2File(new File(path).getAbsoluteFile().getParentFile()));
    }

    /** Returns whether the disk has enough space for H2 to continue. */
    boolean hasSpace() {
        return folder.getUsableSpace() > REQUIRED_BYTES;
    }
}
