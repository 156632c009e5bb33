package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonException;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Goes over JSON text without keeping anything of it, which a parser's tree and its buffer for a long string would.
 *
 * <p>It knows where in the bytes it is. What is not JSON is refused with 400.
 */
final class JsonScanner {

    /** Longer strings are neither a name nor an id that anything here looks for. */
    private static final int MAX_STRING = 1 << 10;

    private static final int MAX_DEPTH = 500;

    private final Body body;
    private int at;
    private int depth;

    JsonScanner(Body body) {
        this.body = body;
    }

    int at() {
        return at;
    }

    /** The first character of the value that comes next, 0 at the end. */
    char next() {
        while (" \t\r\n".indexOf(peek()) >= 0) {
            at++;
        }
        return peek();
    }

    /** An object; the consumer gets a member's name and has to go over its value. */
    void object(Consumer<String> member) {
        if (opens('{', '}')) {
            do {
                var name = string();
                expect(':');
                member.accept(name);
            } while (goesOn('}'));
        }
    }

    /** An array; the consumer gets an item's index and has to go over it. */
    void array(IntConsumer item) {
        if (opens('[', ']')) {
            var index = 0;
            do {
                item.accept(index++);
            } while (goesOn(']'));
        }
    }

    /** A string; empty where it is too long. */
    String string() {
        next();
        var from = at;
        skipString();
        var text = body.slice(from + 1, at - 1);
        if (text.length() > MAX_STRING) {
            return "";
        }
        var plain = text.text();
        return plain.indexOf('\\') < 0 ? plain : unescaped(body.slice(from, at));
    }

    private static String unescaped(Body.Slice quoted) {
        try (var reader = PROVIDER.createReader(new StringReader(quoted.text()))) {
            return ((JsonString) reader.readValue()).getString();
        } catch (JsonException e) {
            throw malformed();
        }
    }

    /** Any value. */
    void skip() {
        switch (next()) {
            case '{' -> object();
            case '[' -> array(index -> skip());
            case '"' -> skipString();
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> number();
        }
    }

    /** There is nothing more. */
    void end() {
        if (next() != 0 || at < body.length()) {
            throw malformed();
        }
    }

    private void object() {
        if (opens('{', '}')) {
            do {
                next();
                skipString();
                expect(':');
                skip();
            } while (goesOn('}'));
        }
    }

    /** Says whether it has contents. */
    private boolean opens(char first, char last) {
        expect(first);
        if (++depth > MAX_DEPTH) {
            throw malformed();
        }
        if (next() != last) {
            return true;
        }
        expect(last);
        depth--;
        return false;
    }

    private boolean goesOn(char last) {
        if (next() == ',') {
            at++;
            return true;
        }
        expect(last);
        depth--;
        return false;
    }

    private void skipString() {
        take('"');
        while (peek() != '"') {
            if (peek() < ' ') {
                throw malformed();
            }
            if (take() == '\\') {
                skipEscape();
            }
        }
        at++;
    }

    private void skipEscape() {
        var escape = take();
        if (escape == 'u') {
            for (var digit = 0; digit < 4; digit++) {
                if (Character.digit(take(), 16) < 0) {
                    throw malformed();
                }
            }
        } else if ("\"\\/bfnrt".indexOf(escape) < 0) {
            throw malformed();
        }
    }

    private void literal(String text) {
        text.chars().forEach(character -> take((char) character));
    }

    private void number() {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private void digits() {
        do {
            if (!isDigit(take())) {
                throw malformed();
            }
        } while (isDigit(peek()));
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private void expect(char character) {
        next();
        take(character);
    }

    private void take(char character) {
        if (take() != character) {
            throw malformed();
        }
    }

    private char take() {
        var character = peek();
        at++;
        return character;
    }

    /** A byte as a character: those of JSON's grammar are ASCII. */
    private char peek() {
        return at < body.length() ? (char) (body.at(at) & 0xff) : 0;
    }

    private static ApiError malformed() {
        return new ApiError(400, "The request body is not valid JSON");
    }
}
