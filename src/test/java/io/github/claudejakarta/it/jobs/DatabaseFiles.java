package io.github.claudejakarta.it.jobs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Searches the database files of the server under test. */
final class DatabaseFiles {

    private static final Path FOLDER =
            Path.of(System.getProperty("it.wlp"), "usr", "servers", System.getProperty("it.server"), "data");
    /** The prefix of the files of this run, which it.xml sets. */
    private static final String NAME = "it-" + System.getProperty("it.http.port") + ".";

    private DatabaseFiles() {}

    /** Returns whether a file contains this text. */
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
