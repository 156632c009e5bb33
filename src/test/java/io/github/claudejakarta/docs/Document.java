package io.github.claudejakarta.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Markdown page of this project: its headings, its fenced blocks and its prose. Tests use it to run the text that
 * readers copy.
 *
 * <p>It knows the Markdown that this project writes: ATX headings, fenced blocks, tables, lists, block quotes and HTML.
 * It does not know blocks of code that are marked by indentation alone.
 */
public final class Document {

    private static final Pattern HEADING = Pattern.compile("(#{1,6})\\s+(.*?)(?:\\s+#+)?\\s*");
    private static final Pattern FENCE = Pattern.compile("(\\s*)(`{3,}|~{3,})\\s*(.*?)\\s*");
    private static final Pattern LIST_ITEM = Pattern.compile("\\s*(?:[-*+]|\\d+[.)])\\s+(.*)");
    private static final Pattern QUOTE = Pattern.compile("\\s*>\\s?(?:\\[!\\w+])?(.*)");
    private static final Pattern HTML = Pattern.compile("\\s*</?[a-zA-Z][\\w-]*(?:\\s|/?>|$)");
    private static final Pattern COMMENT = Pattern.compile("\\s*<!--.*");
    private static final Pattern RULE = Pattern.compile("\\s*(?:-{3,}|\\*{3,}|_{3,})\\s*");
    private static final Pattern DEFINITION = Pattern.compile("\\s*\\[[^]]+]:\\s+\\S+.*");
    private static final Pattern TABLE_RULE = Pattern.compile("[|\\s:-]+");
    private static final Pattern ANCHOR = Pattern.compile("<a\\s+(?:id|name)=\"([^\"]+)\"");

    private final Path file;
    private final String text;
    private final List<Heading> headings = new ArrayList<>();
    private final List<Block> blocks = new ArrayList<>();
    private final List<Prose> prose = new ArrayList<>();

    private Document(Path file, String text) {
        this.file = file;
        this.text = text;
        new Parser().parse(text.lines().toList());
    }

    /** @param file relative to the project's directory */
    public static Document of(String file) {
        return of(Path.of(file));
    }

    static Document of(Path file) {
        try {
            return parse(file, Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Document parse(Path file, String text) {
        return new Document(file, text);
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

    List<Heading> headings() {
        return List.copyOf(headings);
    }

    public List<Block> blocks() {
        return List.copyOf(blocks);
    }

    /** Returns paragraphs, list items and cells of tables, in the order of the page. */
    List<Prose> prose() {
        return List.copyOf(prose);
    }

    /** Returns the only block that contains a phrase. */
    public Block block(String phrase) {
        List<Block> found =
                blocks.stream().filter(block -> block.text().contains(phrase)).toList();
        if (found.size() != 1) {
            throw new AssertionError(file + " has " + found.size() + " blocks with <" + phrase + ">, expected one");
        }
        return found.get(0);
    }

    /** Returns the names that links to a place in this page may use, as GitHub derives them from headings. */
    Set<String> anchors() {
        var anchors = new LinkedHashSet<String>();
        Map<String, Integer> repeated = new HashMap<>();
        for (Heading heading : headings) {
            int before = repeated.merge(heading.slug(), 1, Integer::sum) - 1;
            anchors.add(before == 0 ? heading.slug() : heading.slug() + "-" + before);
        }
        ANCHOR.matcher(text).results().forEach(match -> anchors.add(match.group(1)));
        return anchors;
    }

    /** Returns whether a paragraph follows the title, before the first section. */
    boolean hasIntroduction() {
        int firstSection = headings.stream()
                .filter(heading -> heading.level() > 1)
                .mapToInt(Heading::line)
                .findFirst()
                .orElse(Integer.MAX_VALUE);
        return prose.stream().anyMatch(one -> one.isParagraph() && one.line() < firstSection);
    }

    /** @param line its number, from 1 */
    record Heading(int line, int level, String text) {

        /** Returns the heading in lower case, without punctuation, with hyphens for spaces. */
        String slug() {
            return Prose.plain(text, "$2", "$1")
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N}\\p{M} _-]", "")
                    .replace(' ', '-');
        }
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
     * @param lines as they are written; one for a cell
     */
    record Prose(int line, List<String> lines, boolean isCell) {

        private static final Pattern CODE = Pattern.compile("(`+)(.+?)\\1");
        private static final Pattern IMAGE = Pattern.compile("!\\[([^]]*)]\\([^)]*\\)");
        private static final Pattern LINK = Pattern.compile("\\[([^]]*)](?:\\((?:[^()]|\\([^()]*\\))*\\)|\\[[^]]*])");
        private static final Pattern SENTENCE_END =
                Pattern.compile("(?<=[.!?])[)\"*_]*\\s+(?=[(\"*_\\[]*[\\p{Lu}\\p{N}\\[])");

        boolean isParagraph() {
            return !isCell && !LIST_ITEM.matcher(lines.get(0)).matches();
        }

        /** Returns the sentences as a reader sees them; a code span is the one word {@code Code}. */
        List<String> sentences() {
            String all = lines.stream().map(String::strip).collect(Collectors.joining(" "));
            Matcher item = LIST_ITEM.matcher(all);
            String text = plain(item.matches() ? item.group(1) : all.strip(), "Code", "[$1");
            return SENTENCE_END
                    .splitAsStream(text)
                    .map(sentence -> sentence.replace("[", ""))
                    .toList();
        }

        /** Returns the number of tokens that have a letter or a digit. */
        static int words(String sentence) {
            return (int) Stream.of(sentence.split("\\s+"))
                    .filter(word -> word.codePoints().anyMatch(Character::isLetterOrDigit))
                    .count();
        }

        /**
         * Removes the marks of Markdown.
         *
         * @param code the replacement of a code span, in which {@code $2} is its text
         * @param link the replacement of a link, in which {@code $1} is its text
         */
        private static String plain(String markdown, String code, String link) {
            String text = CODE.matcher(markdown).replaceAll(code);
            text = IMAGE.matcher(text).replaceAll("");
            text = LINK.matcher(text).replaceAll(link);
            return text.replaceAll("</?[a-zA-Z][^<>]*>", "").replaceAll("\\*+", "");
        }
    }

    /** Assigns each line to a heading, a block or prose. */
    private final class Parser {

        private String heading = "";
        private final List<String> paragraph = new ArrayList<>();
        private int paragraphLine;
        private boolean isHtml;
        private boolean isComment;

        private void parse(List<String> lines) {
            for (int i = 0; i < lines.size(); i++) {
                Matcher fence = FENCE.matcher(lines.get(i));
                if (!isComment && fence.matches()) {
                    endParagraph();
                    i = readBlock(lines, i, fence);
                } else {
                    read(lines.get(i), i + 1);
                }
            }
            endParagraph();
        }

        /** Reads a block. Returns the index of the closing fence. */
        private int readBlock(List<String> lines, int start, Matcher fence) {
            var block = new StringBuilder();
            int end = start + 1;
            for (; end < lines.size() && !lines.get(end).strip().equals(fence.group(2)); end++) {
                String line = lines.get(end);
                String indentation = fence.group(1);
                block.append(line.startsWith(indentation) ? line.substring(indentation.length()) : line.stripLeading())
                        .append('\n');
            }
            blocks.add(new Block(heading, fence.group(3), block.toString(), start + 1));
            return end;
        }

        private void read(String line, int number) {
            if (isComment || COMMENT.matcher(line).matches()) {
                endParagraph();
                isComment = !line.contains("-->");
            } else if (line.isBlank()) {
                endParagraph();
                isHtml = false;
            } else if (isHtml || (paragraph.isEmpty() && HTML.matcher(line).lookingAt())) {
                isHtml = true;
            } else {
                readText(line, number);
            }
        }

        private void readText(String line, int number) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                endParagraph();
                this.heading = heading.group(2);
                headings.add(new Heading(number, heading.group(1).length(), heading.group(2)));
            } else if (line.strip().startsWith("|")) {
                endParagraph();
                readRow(line.strip(), number);
            } else if (RULE.matcher(line).matches() || DEFINITION.matcher(line).matches()) {
                endParagraph();
            } else if (beginsListItem(line)) {
                endParagraph();
                append(line, number);
            } else {
                Matcher quote = QUOTE.matcher(line);
                append(quote.matches() ? quote.group(1) : line, number);
            }
        }

        /** Returns whether a line begins a list item. A line of a paragraph may begin with a number and a full stop. */
        private boolean beginsListItem(String line) {
            return LIST_ITEM.matcher(line).matches()
                    && (paragraph.isEmpty()
                            || !line.matches("\\s*\\d+\\..*")
                            || LIST_ITEM.matcher(paragraph.get(0)).matches());
        }

        private void readRow(String row, int number) {
            if (!TABLE_RULE.matcher(row).matches()) {
                for (String cell : row.split("(?<!\\\\)\\|")) {
                    if (!cell.isBlank()) {
                        prose.add(new Prose(number, List.of(cell.replace("\\|", "|")), true));
                    }
                }
            }
        }

        private void append(String line, int number) {
            if (paragraph.isEmpty()) {
                paragraphLine = number;
            }
            paragraph.add(line);
        }

        private void endParagraph() {
            if (!paragraph.isEmpty()) {
                prose.add(new Prose(paragraphLine, List.copyOf(paragraph), false));
                paragraph.clear();
            }
        }
    }
}
