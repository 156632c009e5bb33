package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentTest {

    private static Document page(String text) {
        return new Document(Path.of("page.md"), text);
    }

    @Test
    void anchorsAreTheSameAsOnGitHub() {
        assertThat(page("# A `stream_id`, and **more**\n## Retries\n## [Retries](x.md)\n<a id=\"own\"></a>\n")
                        .anchors())
                .containsExactly("a-stream_id-and-more", "retries", "retries-1", "own");
    }

    @Test
    void blocksHaveTheirLanguageAndTheirMarks() {
        var blocks = page("# Jobs\n\n- item\n\n  ```sh run\n  echo 1\n    2\n  ```\n\n```\nx\n```\n")
                .blocks();

        assertThat(blocks)
                .containsExactly(
                        new Document.Block("Jobs", "sh run", "echo 1\n  2\n", 5),
                        new Document.Block("Jobs", "", "x\n", 10));
        assertThat(blocks.get(0).isMarked("run")).isTrue();
        assertThat(blocks.get(0).language()).isEqualTo("sh");
        assertThat(blocks.get(1).isMarked("run")).isFalse();
    }

    @Test
    void indentedCodeIsNeitherProseNorABlock() {
        var page = page("Read this.\n\n    # code\n    ```sh\n\n- item\n  404. Item\n");

        assertThat(page.headings()).isEmpty();
        assertThat(page.blocks()).isEmpty();
        assertThat(page.prose().stream().map(Document.Prose::sentences))
                .containsExactly(List.of("Read this."), List.of("item 404.", "Item"));
    }

    @Test
    void linksAreThoseOfMarkdownAndOfHtml() {
        var page = page(
                "[a](a.md#x \"A\") ![b](b.png) <https://c> [d]\n\n[d]: d.md\n\n`[e](e.md)`\n\n<img src=\"f.png\">\n");

        assertThat(page.links()).containsExactly("a.md#x", "b.png", "https://c", "d.md", "f.png");
    }

    @Test
    void sentencesAreTheVisibleText() {
        var prose =
                page("More than\n10. A `b c` [link\nof two](x.md#y). [it](y.md) **It** ends! (Yes.) e.g. no\n\n| a. B | c \\| d |\n|---|---|\n")
                        .prose();

        assertThat(prose.get(0).sentences())
                .containsExactly("More than 10.", "A Code link of two.", "it It ends!", "(Yes.) e.g. no");
        assertThat(prose.get(1).sentences()).containsExactly("a.", "B");
        assertThat(prose.get(2).sentences()).containsExactly("c | d");
        assertThat(Document.Prose.words("A Code - link.")).isEqualTo(3);
    }

    @Test
    void eachListItemIsSeparateProse() {
        assertThat(page("- one\n  more\n- two\n1. three\n\n> [!NOTE]\n> four\n").prose().stream()
                        .map(Document.Prose::sentences))
                .containsExactly(List.of("one more"), List.of("two"), List.of("three"), List.of("four"));
    }

    @Test
    void anIntroductionIsAParagraphBeforeTheFirstSection() {
        assertThat(page("# Jobs\n\nRead this.\n\n## One\n").hasIntroduction()).isTrue();
        assertThat(page("# Jobs\n\n<a id=\"one\"></a>\n\n![Jobs](jobs.png)\n").hasIntroduction())
                .isFalse();
        assertThat(page("# Jobs\n\n- [One](#one)\n\n## One\n\nText.\n").hasIntroduction())
                .isFalse();
    }
}
