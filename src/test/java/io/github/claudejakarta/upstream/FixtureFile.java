package io.github.claudejakarta.upstream;

import jakarta.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.stream.Stream;

/** The bytes of Claude's recorded streams, from the class path of the tests or inside the server. */
public final class FixtureFile {

    private FixtureFile() {}

    /** The names of all fixtures in {@code manifest.json}: {@code 01_plain_text} and so on. */
    public static Stream<String> names() {
        try (var in = open("manifest.json");
                var manifest = Json.createReader(in)) {
            return manifest.readObject().keySet().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] sse(String name) {
        try (var in = open(name + ".sse")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String file) {
        var in = FixtureFile.class.getResourceAsStream("/fixtures/" + file);
        if (in == null) {
            throw new IllegalArgumentException("no fixture " + file);
        }
        return in;
    }
}
