package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scanner follows the grammar of JSON. */
class JsonScannerTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                " { \"a\" : [ 1 , -0.5e+7 , true , false , null , \"\" ] } \r\n\t",
                "\"é\\u00e9\\\"\\\\\\/\\b\\n\"",
                "0",
                "-10E2",
                "[[],{},[{}]]",
                "\"\\ud83d\\ude00\""
            })
    void validJsonIsSkipped(String text) throws IOException {
        var json = new JsonScanner(body(text));
        json.skip();
        json.end();

        assertThat(json.position()).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[1",
                "[1,]",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "tru",
                "truE",
                "nul",
                "01",
                "1.",
                ".5",
                "-",
                "+1",
                "1e",
                "\"",
                "\"\n\"",
                "\"\\x\"",
                "\"\\u12g4\"",
                "[1 2]",
                "{} {}",
                "[]]",
                "\u00a0[]",
                "{\"a\":1 \"b\":2}",
                "'a'",
                "[\u0000]",
                "[]\u0000"
            })
    void invalidJsonIsRejected(String text) throws IOException {
        var json = new JsonScanner(body(text));

        assertThatThrownBy(() -> {
                    json.skip();
                    json.end();
                })
                .isInstanceOf(ApiError.class);
    }

    @Test
    void thePositionIsInBytes() throws IOException {
        var body = body("{\"é\": {\"b\":\"😀\"},\"c\":1}");
        var json = new JsonScanner(body);
        var members = new ArrayList<String>();
        json.object(name -> {
            json.next();
            var from = json.position();
            json.skip();
            members.add(name + body.slice(from, json.position()).text());
        });

        assertThat(members).containsExactly("é{\"b\":\"😀\"}", "c1");
    }

    @Test
    void nestingIsLimited() throws IOException {
        new JsonScanner(body("[".repeat(500) + "]".repeat(500))).skip();

        var tooDeep = new JsonScanner(body("[".repeat(501) + "]".repeat(501)));
        assertThatThrownBy(tooDeep::skip).isInstanceOf(ApiError.class);
    }

    @Test
    void piecesOfABodyAreOneText() throws IOException {
        var text = "0123456789é".repeat(20_000);
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var body = new Body();
        var in = new ByteArrayInputStream(bytes);
        for (var size = 1; body.length() < bytes.length; size = size * 3 + 1) {
            body.read(in, Math.min(size, bytes.length - body.length()));
        }

        assertThat(body.all().text()).isEqualTo(text);
        assertThat(body.all().open().readAllBytes()).isEqualTo(bytes);
        assertThat(body.slice(70_000, 200_000).text())
                .isEqualTo(new String(bytes, 70_000, 130_000, StandardCharsets.UTF_8));
        assertThat(body.at(150_000)).isEqualTo(bytes[150_000]);
    }

    private static Body body(String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var body = new Body();
        body.read(new ByteArrayInputStream(bytes), bytes.length);
        return body;
    }
}
