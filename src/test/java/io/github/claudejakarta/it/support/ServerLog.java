package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The log of the server during a test class. At the end the class fails if the log contains a warning that it does not
 * expect, or if a file of the server contains a key, a secret or a prompt.
 */
public final class ServerLog implements BeforeAllCallback, AfterAllCallback {

    /** A part of the keys of all tests, which must not appear in any file of the server. */
    public static final String KEY_MARK = "sk-ant-";

    private static final Path LOGS =
            Path.of(System.getProperty("it.wlp"), "usr", "servers", System.getProperty("it.server"), "logs");
    public static final Pattern WARNING = Pattern.compile("^\\[[^]]+] [0-9a-f]{8} \\S+ +[WEF] .*");

    /** Liberty logs it occasionally when one application follows another. */
    private static final String REDEPLOYMENT = "WELD-000714";
    /** All classes share one database: a server without a secret finds callbacks that a server with a secret left. */
    private static final String LEFT_BY_OTHER_CLASSES = "tasks in claude_delivery_task wait for another server";

    /** The server stores that it had a key, which it got from other classes. */
    private static final String KEY_OF_OTHER_CLASSES = "this server had one before[.] Set the key and restart";

    private static final String ALWAYS = REDEPLOYMENT + "|" + LEFT_BY_OTHER_CLASSES + "|" + KEY_OF_OTHER_CLASSES;

    private final Pattern expected;
    private long begin;

    private ServerLog(String expected) {
        this.expected = Pattern.compile(expected);
    }

    public static ServerLog withoutWarnings() {
        return new ServerLog(ALWAYS);
    }

    public static ServerLog withWarnings(String expected) {
        return new ServerLog(ALWAYS + "|" + expected);
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        begin = Files.size(LOGS.resolve("messages.log"));
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        assertThat(warnings()).as("warnings in messages.log").isEmpty();
        assertNoSecrets();
    }

    /** The unexpected warnings since the class began. */
    public List<String> warnings() throws IOException {
        return text().lines()
                .filter(WARNING.asMatchPredicate())
                .filter(line -> !expected.matcher(line).find())
                .toList();
    }

    /** The log since the class began. */
    public String text() throws IOException {
        byte[] all = Files.readAllBytes(LOGS.resolve("messages.log"));
        int from = begin > all.length ? 0 : (int) begin;
        return new String(all, from, all.length - from, StandardCharsets.UTF_8);
    }

    /**
     * Asserts that no log file of the server, including first failure data capture, contains a key, a secret or a
     * prompt.
     */
    public static void assertNoSecrets() throws IOException {
        try (Stream<Path> files = Files.walk(LOGS)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                assertThat(text.contains(KEY_MARK)).as("a key in " + file).isFalse();
                assertThat(text.contains(Api.PROMPT)).as("a prompt in " + file).isFalse();
                assertThat(text.contains(Receiver.SECRET))
                        .as("a secret in " + file)
                        .isFalse();
            }
        }
    }
}
