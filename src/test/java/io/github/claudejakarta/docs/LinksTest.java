package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Links lead somewhere: those of Markdown pages, and the pages that sources, messages and settings name. */
class LinksTest {

    private static final Path PROJECT = Path.of("");

    /** A URL of a server that the reader has started. */
    private static final Pattern LOCAL = Pattern.compile("https?://localhost[:/]");
    /** The name of a page in sources, messages and code spans. */
    private static final Pattern PAGE = Pattern.compile(
            "(?<![\\w./-])((?:docs/(?:[\\w-]+/)*)[\\w-]+\\.md|README\\.md|CONTRIBUTING\\.md|SECURITY\\.md|CHANGELOG\\.md)(?:#([\\w-]+))?");

    private static final Pattern HOSTED = Pattern.compile(
            "https://github\\.com/[^/\\s]+/[^/\\s]+/(?:blob|tree)/main/([\\w./-]+?\\.md)(?:#([\\w-]+))?");

    private final Map<Path, List<String>> anchors = new HashMap<>();

    @Test
    void linksOfPagesHaveATarget() {
        var broken = new ArrayList<String>();
        for (Document page : Document.all()) {
            page.links()
                    .forEach(link -> problem(page.file(), link)
                            .ifPresent(problem -> broken.add(page + ": " + link + ": " + problem)));
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void pagesThatAreNamedExist() {
        var broken = new ArrayList<String>();
        for (Path file : Style.files(PROJECT)) {
            String text = Style.read(file);
            if (!text.contains(".md")) {
                continue;
            }
            List<String> lines = text.lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                String place = file + ":" + (i + 1) + ": ";
                for (Pattern pattern : List.of(PAGE, HOSTED)) {
                    pattern.matcher(lines.get(i))
                            .results()
                            .forEach(match -> problem(Path.of(match.group(1)), Optional.ofNullable(match.group(2)))
                                    .ifPresent(problem -> broken.add(place + match.group() + ": " + problem)));
                }
            }
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void indexesNameEachPage() {
        var missing = new ArrayList<String>();
        for (Path file : Style.files(PROJECT)) {
            if (Style.isPage(file) && file.startsWith("docs")) {
                Path index = Path.of("docs", file.startsWith("docs/decisions") ? "architecture.md" : "README.md");
                String link = index.getParent().relativize(file).toString();
                if (!file.equals(index)
                        && Document.of(index).links().stream().noneMatch(target -> target.startsWith(link))) {
                    missing.add(index + " has no link to " + file);
                }
            }
        }

        assertThat(missing).isEmpty();
    }

    /** Returns what is wrong with a link of a page. */
    private Optional<String> problem(Path page, String link) {
        if (LOCAL.matcher(link).lookingAt()) {
            return Optional.empty();
        }
        if (link.matches("[a-z][a-z0-9+.-]*:.*")) {
            return isExternal(link) ? Optional.empty() : Optional.of("is no https URL with a host");
        }
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return problem(target, parts.length == 1 ? Optional.empty() : Optional.of(parts[1]));
    }

    private static boolean isExternal(String link) {
        try {
            var uri = URI.create(link);
            return "https".equals(uri.getScheme()) && uri.getHost() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Returns what is wrong with a place in a file of the project. */
    private Optional<String> problem(Path target, Optional<String> anchor) {
        if (target.startsWith("..") || !Files.exists(PROJECT.resolve(target))) {
            return Optional.of("the file is missing");
        }
        if (anchor.isEmpty()) {
            return Optional.empty();
        }
        if (!Style.isPage(target)) {
            return Optional.of("the file has no headings");
        }
        List<String> known =
                anchors.computeIfAbsent(target, file -> Document.of(file).anchors());
        return known.contains(anchor.get())
                ? Optional.empty()
                : Optional.of("no heading has this anchor; the page has " + String.join(", ", known));
    }
}
