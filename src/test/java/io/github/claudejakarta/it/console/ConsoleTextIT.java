package io.github.claudejakarta.it.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.Chromium;
import io.github.claudejakarta.it.support.Console;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How the console renders a message: its events, and its Markdown, which is untrusted. */
@ExtendWith(ArquillianExtension.class)
class ConsoleTextIT {

    private static final List<String> ATTACKS = List.of(
            "<script>window.pwned=1</script>",
            "<img src=x onerror=\"window.pwned=1\">",
            "<svg onload=window.pwned=1>",
            "<iframe srcdoc='<script>parent.pwned=1</script>'>",
            "[click](javascript:window.pwned=1)",
            "![x](http://attacker.example/leak.png)",
            "[a](data:text/html,<script>1</script>)",
            "<style>*{display:none}</style>",
            "&lt;script&gt;window.pwned=1&lt;/script&gt;",
            "```\n</code></pre><script>window.pwned=1</script>\n```",
            "| <b onclick=1> |\n|---|\n| <i> |",
            "[x]: javascript:window.pwned=1\n\n[x]",
            "<javascript:window.pwned=1>",
            "<a href=\"javascript:window.pwned=1\">x</a>");

    /** Text, lists, a table, code with blank lines, quotations, and text that only looks like them. */
    private static final String DOCUMENT = """
        # A title with *emphasis* and `code`

        Text with **strong**, ~~gone~~ and a [link](https://example.com/a?b=1).
        The same paragraph, with 2 < 3 &amp; a \\*star\\*.

        - one
        - two
          with more

          and a paragraph
        1. first
        2. second

        | left | right |
        |---|--:|
        | 1 | `2` |

        ```java
        if (a < b) {

            return "<b>";
        }
        ```

        > said

        - [x] done

        ***

        The end.
        """;

    @RegisterExtension
    static final Chromium CHROMIUM = new Chromium();

    @Deployment(testable = false)
    static WebArchive war() {
        return Console.war();
    }

    @BeforeAll
    static void awaitDatabase() throws Exception {
        Console.awaitDatabase();
    }

    @Test
    void noPartOfAnAnswerIsRenderedAsHtml() {
        Console console = new Console(CHROMIUM.open(Api.SERVER, ""));
        console.field("Model").fill("claude-sim-fast");
        String before = "";
        for (String attack : ATTACKS) {
            console.send(attack);
            String last = before;
            console.page().waitForURL(url -> url.contains("#/streams/stream_") && !url.equals(last));
            before = console.page().url();
            console.await("completed");
            assertThat(console.message()).containsText("You wrote:");
            assertHarmless(console.page());
            if (attack.startsWith("<script")) {
                assertThat(console.text()).contains(attack);
            }
        }
    }

    @Test
    void attacksInACompleteTextAreHarmless() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        for (String attack : ATTACKS) {
            String html = (String) page.evaluate(
                    "async text => { const { markdown } = await import('/console/markdown.js');"
                            + "const shown = markdown(text); document.body.append(shown); shown.className = 'message'; return shown.innerHTML; }",
                    attack);
            assertThat(html)
                    .doesNotContain(
                            "<script", "<img", "<svg", "<iframe", "<style", "<a href=\"javascript", "<a href=\"data");
            assertHarmless(page);
        }
        // Text that is not in a code block is shown unchanged.
        assertThat(page.locator(".message")
                        .filter(new Locator.FilterOptions().setHasText("<svg onload=window.pwned=1>")))
                .hasCount(1);
    }

    private static void assertHarmless(Page page) {
        assertThat(page.evaluate("window.pwned === undefined")).isEqualTo(true);
        assertThat(
                        page.locator(".message")
                                .locator(
                                        "script, img, svg, iframe, style, [onclick], [onerror], [onload], a[href^='javascript'], a[href^='data']"))
                .hasCount(0);
    }

    @Test
    void markdownIsRendered() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        String html = ((String) page.evaluate(
                        "async text => { const { markdown } = await import('/console/markdown.js'); return markdown(text).innerHTML; }",
                        DOCUMENT))
                .replace("\n", " ");

        assertThat(html)
                .contains(
                        "<h3>A title with <em>emphasis</em> and <code>code</code></h3>",
                        "<p>Text with <strong>strong</strong>, <del>gone</del> and a "
                                + "<a href=\"https://example.com/a?b=1\" target=\"_blank\" rel=\"noopener noreferrer\">link</a>. The same paragraph, with 2 &lt; 3 &amp; a *star*.</p>",
                        "<li><p>one</p></li>",
                        "<p>and a paragraph</p>",
                        "<ol><li>first</li><li>second</li></ol>",
                        "<th>left</th><th class=\"right\">right</th>",
                        "<td>1</td><td class=\"right\"><code>2</code></td>",
                        "if (a &lt; b) {      return \"&lt;b&gt;\"; }",
                        "<blockquote><p>said</p></blockquote>",
                        "☑ done",
                        "<hr>",
                        "<p>The end.</p>");
    }

    @Test
    void markdownInPiecesHasTheSameResult() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        for (int length : List.of(1, 2, 3, 7, 40)) {
            assertThat(page.evaluate(
                            "async ([text, length]) => { const { markdown, MarkdownText } = await import('/console/markdown.js');"
                                    + "const growing = new MarkdownText();"
                                    + "for (let from = 0; from < text.length; from += length) { growing.append(text.slice(from, from + length)); growing.render(); }"
                                    + "growing.finish(); return [markdown(text).innerHTML, growing.element.innerHTML]; }",
                            List.of(DOCUMENT, length)))
                    .as("pieces of " + length)
                    .satisfies(both -> assertThat(((List<?>) both).get(1)).isEqualTo(((List<?>) both).get(0)));
        }
    }

    @Test
    void linkNamesMayBeDefinedAfterTheirUse() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        String html = (String) page.evaluate(
                "async () => { const { MarkdownText } = await import('/console/markdown.js'); const growing = new MarkdownText();"
                        + "for (const piece of ['See [the docs][1].', '\\n\\nMore.', '\\n\\n[1]: https://example.com/docs\\n']) { growing.append(piece); growing.render(); }"
                        + "growing.finish(); return growing.element.innerHTML; }");

        assertThat(html)
                .contains("<a href=\"https://example.com/docs\"", ">the docs</a>")
                .doesNotContain("[1]")
                .containsOnlyOnce("More.");
    }

    /**
     * Deeply nested texts, and texts of many signs that could pair with each other, are shown as plain text, and
     * quickly.
     */
    @Test
    void noTextHidesTheTextAfterIt() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        for (String piece : List.of(
                "'>'.repeat(6000)",
                "'- '.repeat(3000) + 'x'",
                "'\\n'.repeat(40000)",
                "'*a '.repeat(8000)",
                "'**a *b '.repeat(4000)",
                "'['.repeat(20000)",
                "'a ' + '`'.repeat(9999) + ' '",
                "'&constructor; '.repeat(3)",
                "'<'.repeat(9000)",
                "'_a'.repeat(9000)")) {
            Object shown = page.evaluate(
                    "async () => { const { MarkdownText } = await import('/console/markdown.js'); const growing = new MarkdownText();"
                            + "const odd = " + piece + "; const started = performance.now();"
                            + "for (let from = 0; from < odd.length; from += 2000) { growing.append(odd.slice(from, from + 2000)); growing.render(); }"
                            + "growing.append('\\n\\n**Last**'); growing.render(); growing.finish(); const whole = new MarkdownText(); whole.append(odd); whole.finish();"
                            + "const text = growing.element.textContent;"
                            + "return [text.endsWith('Last'), growing.element.querySelector('strong') !== null, text.includes('native code'), performance.now() - started < 10000]; }");
            assertThat(shown).as(piece).isEqualTo(List.of(true, true, false, true));
        }
    }

    @Test
    void aVeryLongBlockIsShownCompletelyAsPlainText() {
        Page page = CHROMIUM.open(Api.SERVER, "");
        Object shown = page.evaluate(
                "async () => { const { MarkdownText } = await import('/console/markdown.js'); const growing = new MarkdownText();"
                        + "const long = '\\u{1f600}x\\n'.repeat(20000);"
                        + "for (const piece of ['First.\\n\\n', long, long, '\\n', '\\n**Last**', '\\n\\n```\\n', long, '\\n`', '``\\n', '*After*']) {"
                        + "growing.append(piece); growing.render(); } growing.finish();"
                        + "return [growing.element.textContent.replace(/`/g, '').replace(/\\s/g, '') === ('First.' + long + long + 'Last' + long + 'After').replace(/\\s/g, ''),"
                        + "growing.element.querySelector('strong')?.textContent, growing.element.querySelector('em')?.textContent,"
                        + "growing.element.querySelectorAll('.plain.code').length > 1, growing.element.textContent.includes('\\ufffd')]; }");

        assertThat(shown).isEqualTo(List.of(true, "Last", "After", true, false));
    }

    @Test
    void theRecordedStreamsAddUpToTheirMessages() throws Exception {
        Page page = CHROMIUM.open(Api.SERVER, "");
        var manifest =
                Json.createReader(new StringReader(resource("manifest.json"))).readObject();
        for (String name : manifest.keySet()) {
            for (int length : List.of(1, 5, 100_000)) {
                String message = (String) page.evaluate(
                        "async ([text, length]) => { const { Message } = await import('/console/message.js');"
                                + "const { SseParser } = await import('/console/sse.js'); const parser = new SseParser(); const message = new Message();"
                                + "for (let from = 0; from < text.length; from += length) for (const event of parser.push(text.slice(from, from + length))) {"
                                + "let data = null; try { data = JSON.parse(event.data); } catch {} if (data) message.accept(data); }"
                                + "return JSON.stringify(message.json()); }",
                        List.of(resource(name + ".sse"), length));
                assertThat(json(message)).as(name).isEqualTo(json(resource(name + ".json")));
            }
        }
    }

    /** The indexes of a message differ from those of its stream's events if the events skip an index. */
    @Test
    void anUnparsedInputBelongsToTheCallWithItsId() {
        Page page = CHROMIUM.open(Api.SERVER, "");

        Object rejected = page.evaluate(
                "async () => { const { Message } = await import('/console/message.js'); const message = new Message();"
                        + "message.accept({ type: 'message_start', message: {} });"
                        + "[{ type: 'tool_use', id: 'a', input: {} }, { type: 'tool_use', id: 'b', input: {} }, { type: 'server_tool_use', input: {} }].forEach((block, index) =>"
                        + "message.accept({ type: 'content_block_start', index, content_block: block }));"
                        + "return message.reject([{ index: 3, id: 'b', text: '[1]' }, { index: 2, id: '', text: '2' }, { index: 9, id: 'x', text: '' }])"
                        + ".map((block) => [block.start.id ?? '', block.input]); }");

        assertThat(rejected).isEqualTo(List.of(List.of("b", "[1]"), List.of("", "2")));
    }

    private static JsonValue json(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readValue();
        }
    }

    private static String resource(String name) throws Exception {
        try (var in = ConsoleTextIT.class.getResourceAsStream("/fixtures/" + name)) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
