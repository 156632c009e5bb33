package io.github.claudejakarta.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks the texts of this project: the words of all files that people read, and the form of Markdown pages. */
final class Style {

    static final int MAX_WORDS = 30;
    static final int MAX_COLUMNS = 100;
    /** Lines of a page without a table of contents. */
    static final int MAX_LINES = 200;

    private static final Set<String> SKIPPED = Set.of("target", "node_modules", ".git", ".mvn");
    private static final Pattern READ =
            Pattern.compile(".*\\.(?:md|java|mjs|js|html|css|ya?ml|xml|sql|properties|options)|(?:.*/)?(?:take|run)");
    /**
     * Recordings and test cases; schema scripts, whose checksums databases contain; and the rules, which name the words
     * that they find.
     */
    private static final Pattern EXEMPT =
            Pattern.compile("src/test/resources/.*|src/main/resources/.*/schema/.*|.*/docs/(?:Rule|WordsTest)\\.java");

    private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
    private static final Pattern SO = Pattern.compile(
            "(?i)(?<!(?:and|do|does|if|or|not|even) )\\bso\\b(?! (?:far|many|much|long|on|few|called)\\b|-)");
    private static final Pattern LONG_LINK = Pattern.compile("\\s*(?:[-*]\\s+)?!?\\[[^]]*]\\([^)]*\\)[.,;:]?\\s*");

    private Style() {}

    /** Returns the files whose texts people read, relative to the directory. */
    static List<Path> files(Path directory) {
        var files = new ArrayList<Path>();
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                    return SKIPPED.contains(path.getFileName().toString())
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                    Path file = directory.relativize(path);
                    if (READ.matcher(file.toString()).matches()
                            && !EXEMPT.matcher(file.toString()).matches()) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static boolean isPage(Path file) {
        return file.toString().endsWith(".md");
    }

    /**
     * Returns all that is to be corrected in a file, in the order of its lines.
     *
     * @param file relative to the directory
     */
    static List<Finding> check(Path directory, Path file) {
        String text = read(directory.resolve(file));
        var findings = new ArrayList<>(words(file, text));
        if (isPage(file)) {
            findings.addAll(form(new Document(file, text)));
        }
        findings.sort(Comparator.comparing(Finding::line));
        return findings;
    }

    static List<Finding> words(Path file, String text) {
        String words = Wording.of(file.toString(), text);
        var findings = new ArrayList<Finding>();
        Matcher word = WORD.matcher(words);
        while (word.find()) {
            for (Rule rule : Rule.beginningWith(word.group())) {
                Matcher phrase = rule.pattern()
                        .matcher(words)
                        .region(word.start(), words.length())
                        .useTransparentBounds(true);
                if (phrase.lookingAt()) {
                    findings.add(new Finding(
                            file,
                            lineOf(words, phrase.start()),
                            rule.avoid(),
                            phrase.group().replaceAll("\\s+", " "),
                            "write " + rule.write()));
                }
            }
        }
        return findings;
    }

    private static int lineOf(String text, int offset) {
        return 1
                + (int) text.substring(0, offset).chars().filter(c -> c == '\n').count();
    }

    private static List<Finding> form(Document page) {
        var findings = new ArrayList<Finding>();
        if (!page.hasIntroduction()) {
            findings.add(new Finding(
                    page.file(),
                    1,
                    "no introduction",
                    page.headings().isEmpty() ? "" : page.headings().get(0),
                    "add a paragraph between the title and the first section: what the page is for"));
        }
        long lines = page.text().lines().count();
        if (lines > MAX_LINES && !page.headings().contains("Contents")) {
            findings.add(new Finding(
                    page.file(),
                    1,
                    "no table of contents",
                    lines + " lines",
                    "add a section Contents, because the page has more than " + MAX_LINES + " lines"));
        }
        page.blocks().stream()
                .filter(block -> block.language().isEmpty())
                .map(block -> new Finding(
                        page.file(),
                        block.line(),
                        "block without a language",
                        block.text().lines().findFirst().orElse(""),
                        "name the language after the fence, for example text"))
                .forEach(findings::add);
        page.prose().forEach(prose -> findings.addAll(form(page.file(), prose)));
        return findings;
    }

    private static List<Finding> form(Path file, Document.Prose prose) {
        var findings = new ArrayList<Finding>();
        for (String sentence : prose.sentences()) {
            int words = Document.Prose.words(sentence);
            if (words > MAX_WORDS) {
                findings.add(new Finding(
                        file,
                        prose.line(),
                        "sentence of more than " + MAX_WORDS + " words",
                        sentence,
                        words + " words; split the sentence"));
            }
        }
        if (!prose.isCell()) {
            for (int i = 0; i < prose.lines().size(); i++) {
                String line = prose.lines().get(i);
                if (line.codePointCount(0, line.length()) > MAX_COLUMNS
                        && !LONG_LINK.matcher(line).matches()) {
                    findings.add(new Finding(
                            file,
                            prose.line() + i,
                            "line of more than " + MAX_COLUMNS + " columns",
                            line.substring(0, 40) + "...",
                            "wrap at " + MAX_COLUMNS + " columns"));
                }
            }
        }
        String all = String.join(" ", prose.sentences());
        if (SO.matcher(all).results().count() > 1) {
            findings.add(new Finding(
                    file,
                    prose.line(),
                    "so, so that (twice in a paragraph)",
                    all.length() > 80 ? all.substring(0, 80) + "..." : all,
                    "write therefore, or a new sentence"));
        }
        return findings;
    }

    static Stream<Finding> checkAll(Path directory) {
        return files(directory).stream().flatMap(file -> check(directory, file).stream());
    }
}
