package io.github.claudejakarta.it.jobs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The database of the server under test, as whoever comes by its files reads it. */
final class DatabaseFiles {

    private static final Path FOLDER =
            Path.of(System.getProperty("it.wlp"), "usr", "servers", System.getProperty("it.server"), "data");
    /** Of this run: it.xml names it so. */
    private static final String NAME = "it-" + System.getProperty("it.http.port") + ".";

    private DatabaseFiles() {}

    /** Whether this stands anywhere in them. */
    static boolean contain(String text) throws IOException {
        try (var files = Files.list(FOLDER)) {
            for (Path file : files.filter(one -> one.getFileName().toString().startsWith(NAME))
                    .toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
                    return true;
                }
            }
        }
        return false;
    }
}
