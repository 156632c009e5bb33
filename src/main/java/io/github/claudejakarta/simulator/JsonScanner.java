package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonException;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Scans JSON text without storing it. A parser would build a tree, and a buffer for a long string.
 *
 * <p>The scanner knows its position in the bytes. Invalid JSON causes an {@link ApiError} with status 400.
 */
final class JsonScanner {

    /** The limit of strings that are returned. No name and no id that the simulator looks for is longer. */
    private static final int MAX_STRING = 1 << 10;

    private static final int MAX_DEPTH = 500;

    private final Body body;
    private int position;
    private int depth;

    JsonScanner(Body body) {
        this.body = body;
    }

    /** Returns the number of bytes that have been scanned. */
    int position() {
        return position;
    }

    /** Skips white space. Returns the first character of the next value; 0 at the end. */
    char next() {
        while (" \t\r\n".indexOf(peek()) >= 0) {
            position++;
        }
        return peek();
    }

    /** Scans an object. The consumer receives the name of each member, and has to scan its value. */
    void object(Consumer<String> member) {
        if (opens('{', '}')) {
            do {
                var name = string();
                expect(':');
                member.accept(name);
            } while (hasNext('}'));
        }
    }

    /** Scans an array. The consumer receives the index of each item, and has to scan the item. */
    void array(IntConsumer item) {
        if (opens('[', ']')) {
            var index = 0;
            do {
                item.accept(index++);
            } while (hasNext(']'));
        }
    }

    /** Scans a string, and returns it; empty if it is longer than 1 KiB. */
    String string() {
        next();
        var from = position;
        skipString();
        var text = body.slice(from + 1, position - 1);
        if (text.length() > MAX_STRING) {
            return "";
        }
        var plain = text.text();
        return plain.indexOf('\\') < 0 ? plain : unescaped(body.slice(from, position));
    }

    private static String unescaped(Body.Slice quoted) {
        try (var reader = PROVIDER.createReader(new StringReader(quoted.text()))) {
            return ((JsonString) reader.readValue()).getString();
        } catch (JsonException e) {
            throw malformed();
        }
    }

    /** Scans any value. */
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

    /** Checks that the input ends here. */
    void end() {
        if (next() != 0 || position < body.length()) {
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
            } while (hasNext('}'));
        }
    }

    /** Scans the opening bracket. Returns whether the object or array has elements. */
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

    /** Scans a comma or the closing bracket. Returns whether another element follows. */
    private boolean hasNext(char last) {
        if (next() == ',') {
            position++;
            return true;
        }
        expect(last);
        depth--;
        return false;
    }

    private void skipString() {
        consume('"');
        while (peek() != '"') {
            if (peek() < ' ') {
                throw malformed();
            }
            if (consume() == '\\') {
                skipEscape();
            }
        }
        position++;
    }

    private void skipEscape() {
        var escape = consume();
        if (escape == 'u') {
            for (var digit = 0; digit < 4; digit++) {
                if (Character.digit(consume(), 16) < 0) {
                    throw malformed();
                }
            }
        } else if ("\"\\/bfnrt".indexOf(escape) < 0) {
            throw malformed();
        }
    }

    private void literal(String text) {
        text.chars().forEach(character -> consume((char) character));
    }

    private void number() {
        if (peek() == '-') {
            position++;
        }
        if (peek() == '0') {
            position++;
        } else {
            digits();
        }
        if (peek() == '.') {
            position++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            position++;
            if (peek() == '+' || peek() == '-') {
                position++;
            }
            digits();
        }
    }

    private void digits() {
        do {
            if (!isDigit(consume())) {
                throw malformed();
            }
        } while (isDigit(peek()));
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private void expect(char character) {
        next();
        consume(character);
    }

    private void consume(char character) {
        if (consume() != character) {
            throw malformed();
        }
    }

    private char consume() {
        var character = peek();
        position++;
        return character;
    }

    /** Returns the next byte as a character; 0 at the end. All characters of JSON's grammar are ASCII. */
    private char peek() {
        return position < body.length() ? (char) (body.at(position) & 0xff) : 0;
    }

    private static ApiError malformed() {
        return new ApiError(400, "The request body is not valid JSON");
    }
}
