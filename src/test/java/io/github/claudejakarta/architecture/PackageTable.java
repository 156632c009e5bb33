package io.github.claudejakarta.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * The table of packages in {@code docs/architecture.md}: a row for each package, whose last column names the packages
 * that it may use. The column says {@code nothing}, {@code all}, {@code all but} some, or lists names. Words in
 * parentheses explain and are ignored.
 */
final class PackageTable {

    private static final Path FILE = Path.of("docs/architecture.md");
    private static final Pattern HEAD = Pattern.compile("\\| *package *\\|.*\\| *may use *\\|");
    private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");
    private static final Pattern EXPLANATION = Pattern.compile("\\([^)]*\\)");
    private static final int HEAD_LINES = 2;

    private final Map<String, String> columns = new LinkedHashMap<>();

    private PackageTable(List<String> rows) {
        for (String row : rows) {
            String[] cells = row.split("\\|");
            String name = names(cells[1]).iterator().next();
            if (columns.put(name, EXPLANATION.matcher(cells[cells.length - 1]).replaceAll("")) != null) {
                throw new AssertionError(FILE + " has two rows for " + name);
            }
        }
    }

    static PackageTable read() {
        try {
            return of(Files.readAllLines(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static PackageTable of(List<String> lines) {
        return new PackageTable(lines.stream()
                .dropWhile(line -> !HEAD.matcher(line).matches())
                .skip(HEAD_LINES)
                .takeWhile(line -> line.startsWith("|"))
                .toList());
    }

    Set<String> packages() {
        return columns.keySet();
    }

    /** Returns the packages that a package may use, except itself. */
    Set<String> allowed(String name) {
        String column = columns.getOrDefault(name, "nothing").strip();
        Set<String> named = names(column);
        if (!packages().containsAll(named)) {
            throw new AssertionError(FILE + ": the row of " + name + " names packages without a row: " + column);
        }
        if (!column.startsWith("all")) {
            if (named.isEmpty() != column.equals("nothing")) {
                throw new AssertionError(FILE + ": the row of " + name + " cannot be read: " + column);
            }
            return named;
        }
        var all = new TreeSet<>(packages());
        all.removeAll(named);
        all.remove(name);
        return all;
    }

    private static Set<String> names(String cell) {
        var names = new TreeSet<String>();
        NAME.matcher(cell).results().map((MatchResult match) -> match.group(1)).forEach(names::add);
        return names;
    }
}
