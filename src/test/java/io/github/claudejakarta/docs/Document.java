package io.github.claudejakarta.docs;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.HeadingAnchorExtension;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.HardLineBreak;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.IncludeSourceSpans;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;

/**
 * A Markdown page of this project: its headings, its fenced blocks, its prose and its links. Tests use it to run the
 * text that readers copy. commonmark-java reads the page, with the tables and the anchors of GitHub.
 */
public final class Document {

    private static final List<Extension> EXTENSIONS =
            List.of(TablesExtension.create(), HeadingAnchorExtension.create());
    /** Cells of tables have no line without the spans of inlines. */
    private static final Parser PARSER = Parser.builder()
            .extensions(EXTENSIONS)
            .includeSourceSpans(IncludeSourceSpans.BLOCKS_AND_INLINES)
            .build();

    private static final HtmlRenderer RENDERER =
            HtmlRenderer.builder().extensions(EXTENSIONS).build();
    private static final Pattern ANCHOR = Pattern.compile("<(?:a|h\\d)\\s+(?:id|name)=\"([^\"]+)\"");
    private static final Pattern LINK = Pattern.compile("\\b(?:src|srcset|href)=\"([^\"]+)\"");
    private static final Pattern ALERT = Pattern.compile("^\\[!\\w+] ");
    private static final Pattern SENTENCE_END =
            Pattern.compile("(?<=[.!?])[)\"_]*\\s+(?=[(\"_\\[]*[\\p{Lu}\\p{N}\\[])");

    private final Path file;
    private final String text;
    private final List<String> lines;
    private final Node root;

    Document(Path file, String text) {
        this.file = file;
        this.text = text;
        lines = text.lines().toList();
        root = PARSER.parse(text);
    }

    /** @param file relative to the project's directory */
    public static Document of(String file) {
        return of(Path.of(file));
    }

    static Document of(Path file) {
        return new Document(file, Style.read(file));
    }

    public Path file() {
        return file;
    }

    @Override
    public String toString() {
        return file.toString();
    }

    /** Returns the pages of this project, in the order of their names. */
    public static List<Document> all() {
        return Style.files(Path.of("")).stream()
                .filter(Style::isPage)
                .map(Document::of)
                .toList();
    }

    /** Returns the page as it is written. */
    String text() {
        return text;
    }

    /** Returns the headings as they are written. */
    List<String> headings() {
        return nodes(root).filter(Heading.class::isInstance).map(this::heading).toList();
    }

    public List<Block> blocks() {
        var blocks = new ArrayList<Block>();
        String heading = "";
        for (Node node : nodes(root).toList()) {
            if (node instanceof Heading) {
                heading = heading(node);
            } else if (node instanceof FencedCodeBlock block) {
                blocks.add(new Block(heading, block.getInfo(), block.getLiteral(), line(block)));
            }
        }
        return blocks;
    }

    /** Returns the only block that contains a phrase. */
    public Block block(String phrase) {
        List<Block> found =
                blocks().stream().filter(block -> block.text().contains(phrase)).toList();
        if (found.size() != 1) {
            throw new AssertionError(file + " has " + found.size() + " blocks with <" + phrase + ">, expected one");
        }
        return found.get(0);
    }

    /** Returns paragraphs, list items and cells of tables that have text, in the order of the page. */
    List<Prose> prose() {
        return nodes(root)
                .filter(node -> node instanceof Paragraph || node instanceof TableCell)
                .filter(node -> !visible(node).isEmpty())
                .map(node -> new Prose(line(node), lines(node), visible(node), node instanceof TableCell))
                .toList();
    }

    /** Returns the targets of links and images. */
    List<String> links() {
        return attributes(LINK);
    }

    /** Returns the names that links to a place in this page may use, as GitHub derives them from headings. */
    List<String> anchors() {
        return attributes(ANCHOR);
    }

    /** Returns whether a paragraph follows the title, before the first section. */
    boolean hasIntroduction() {
        return children(root)
                .takeWhile(node -> !(node instanceof Heading heading && heading.getLevel() > 1))
                .anyMatch(node -> node instanceof Paragraph && !visible(node).isEmpty());
    }

    private List<String> attributes(Pattern pattern) {
        return pattern.matcher(RENDERER.render(root))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static Stream<Node> nodes(Node node) {
        return Stream.concat(Stream.of(node), children(node).flatMap(Document::nodes));
    }

    private static Stream<Node> children(Node node) {
        return Stream.iterate(node.getFirstChild(), Objects::nonNull, Node::getNext);
    }

    private static int line(Node node) {
        return node.getSourceSpans().get(0).getLineIndex() + 1;
    }

    private List<String> lines(Node node) {
        return node.getSourceSpans().stream()
                .map(span -> lines.get(span.getLineIndex()))
                .toList();
    }

    private String heading(Node node) {
        return lines(node).get(0).replaceAll("^.*?#+\\s+|(\\s+#+)?\\s*$", "");
    }

    /** Returns the text that a reader sees, with {@code [} before each link. */
    private static String visible(Node node) {
        if (node instanceof Text text) {
            return text.getLiteral();
        }
        if (node instanceof SoftLineBreak || node instanceof HardLineBreak) {
            return " ";
        }
        if (node instanceof Code || node instanceof Image) {
            return node instanceof Code ? "Code" : "";
        }
        String all = children(node).map(Document::visible).collect(Collectors.joining());
        return node instanceof Link ? "[" + all : all;
    }

    /**
     * A fenced block.
     *
     * @param heading the heading above it
     * @param info what follows the fence, for example {@code sh run}
     * @param line the number of the fence's line, from 1
     */
    public record Block(String heading, String info, String text, int line) {

        /** Returns the first word of the info string, or an empty string. */
        public String language() {
            return info.split("\\s+", 2)[0];
        }

        /** Returns whether the info string has this word after the language. */
        public boolean isMarked(String word) {
            return List.of(info.split("\\s+")).lastIndexOf(word) > 0;
        }

        /** Replaces the example's value by a reader's own, everywhere. */
        public Block with(String example, String own) {
            if (!text.contains(example)) {
                throw new AssertionError("The block under \"" + heading + "\" has no <" + example + ">:\n" + text);
            }
            return new Block(heading, info, text.replace(example, own), line);
        }
    }

    /**
     * A paragraph, a list item or a cell of a table.
     *
     * @param line the number of its first line, from 1
     * @param lines the lines of the page that contain it
     * @param text the text that a reader sees, with {@code [} before each link
     */
    record Prose(int line, List<String> lines, String text, boolean isCell) {

        /** Returns the sentences as a reader sees them; a code span is the one word {@code Code}. */
        List<String> sentences() {
            return SENTENCE_END
                    .splitAsStream(ALERT.matcher(text).replaceFirst(""))
                    .map(sentence -> sentence.replace("[", ""))
                    .toList();
        }

        /** Returns the number of tokens that have a letter or a digit. */
        static int words(String sentence) {
            return (int) Stream.of(sentence.split("\\s+"))
                    .filter(word -> word.codePoints().anyMatch(Character::isLetterOrDigit))
                    .count();
        }
    }
}
