package io.github.claudejakarta.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A Markdown page of this project and its fenced blocks, so that tests run the text that readers copy. */
public final class Document {

    private static final String FENCE = "```";

    private final Path file;
    private final List<Block> blocks;

    private Document(Path file, List<Block> blocks) {
        this.file = file;
        this.blocks = List.copyOf(blocks);
    }

    /** @param file relative to the project's directory */
    public static Document of(String file) {
        Path path = Path.of(file);
        var blocks = new ArrayList<Block>();
        String heading = "";
        String language = null;
        var text = new StringBuilder();
        for (String line : lines(path)) {
            if (language == null && line.startsWith("#")) {
                heading = line.replaceFirst("^#+ *", "");
            } else if (language == null && line.startsWith(FENCE)) {
                language = line.substring(FENCE.length()).strip();
                text.setLength(0);
            } else if (line.equals(FENCE)) {
                blocks.add(new Block(heading, language, text.toString()));
                language = null;
            } else if (language != null) {
                text.append(line).append('\n');
            }
        }
        return new Document(path, blocks);
    }

    private static List<String> lines(Path path) {
        try {
            return Files.readAllLines(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Block> blocks() {
        return blocks;
    }

    /** Returns the only block that contains a phrase. */
    public Block block(String phrase) {
        List<Block> found =
                blocks.stream().filter(block -> block.text().contains(phrase)).toList();
        if (found.size() != 1) {
            throw new AssertionError(file + " has " + found.size() + " blocks with <" + phrase + ">, and not one");
        }
        return found.get(0);
    }

    /** @param heading the heading above it */
    public record Block(String heading, String language, String text) {

        /** Puts a reader's own value in the place of the example's, everywhere. */
        public Block with(String example, String own) {
            if (!text.contains(example)) {
                throw new AssertionError("The block under \"" + heading + "\" has no <" + example + ">:\n" + text);
            }
            return new Block(heading, language, text.replace(example, own));
        }
    }
}
