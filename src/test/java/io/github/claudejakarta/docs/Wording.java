package io.github.claudejakarta.docs;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The words of a file that people read, each at its place: comments and string literals of a program, the prose of a
 * page. Everything else is replaced by dots, so offsets and lines remain those of the file.
 */
final class Wording {

    /** Separates texts that do not form a phrase together. */
    private static final char DOT = '·';

    private static final Pattern CODE_SPAN = Pattern.compile("(`+)[^`·\\n]*(?:\\n(?!\\s*\\n)[^`·\\n]*){0,2}\\1");
    private static final Pattern FENCED = Pattern.compile("(?ms)^\\s*(`{3,}|~{3,})[^\\n]*\\n.*?^\\s*\\1\\s*$");
    private static final Pattern LINK_TARGET = Pattern.compile("]\\((?:[^()\\n]|\\([^()\\n]*\\))*\\)");
    private static final Pattern TAG = Pattern.compile("</?[a-zA-Z!][^<>·]*>");
    private static final Pattern LEADER = Pattern.compile("(?m)^\\s*(?:#+|--|\\*+|//+|>)(?=\\s)");
    private static final Pattern JAVADOC_CODE = Pattern.compile(
            "\\{@(?:code|literal|value|snippet)\\b[^{}]*+(?:\\{[^{}]*+}[^{}]*+)*+}|\\{@(?:link|linkplain|index)\\s+[^\\s}(]+(?:\\([^)]*\\))?"
                    + "|@(?:param|throws|see|exception|since)\\s+\\S+|(?s)<pre>.*?</pre>|(?s)<code>.*?</code>");

    private Wording() {}

    static String of(String file, String text) {
        if (file.endsWith(".md")) {
            return page(text);
        }
        if (file.endsWith(".java")) {
            return hide(CODE_SPAN, hide(TAG, hide(JAVADOC_CODE, new Program(text, "\"").words())));
        }
        if (file.matches(".*\\.m?js")) {
            return hide(CODE_SPAN, new Program(text, "\"'`").words());
        }
        return hide(CODE_SPAN, blank(LEADER, text));
    }

    private static String page(String text) {
        return blank(TAG, blank(LINK_TARGET, hide(CODE_SPAN, hide(FENCED, text))));
    }

    private static String hide(Pattern pattern, String text) {
        return replace(pattern, text, found -> found.replaceAll("\\S", String.valueOf(DOT)));
    }

    private static String blank(Pattern pattern, String text) {
        return replace(pattern, text, found -> found.replaceAll("\\S", " "));
    }

    private static String replace(Pattern pattern, String text, UnaryOperator<String> replacement) {
        return pattern.matcher(text).replaceAll(match -> replacement.apply(match.group()));
    }

    /** The comments and string literals of a program in Java or JavaScript. */
    private static final class Program {

        private static final Pattern CONCATENATION = Pattern.compile("([\"'`])\\s*\\+\\s*([\"'`])");
        private static final Pattern COMMENT_LEADER = Pattern.compile("\\n[ \\t]*\\*(?!/)");
        /** A slash after one of these begins a regular expression. */
        private static final String BEFORE_EXPRESSION = "(,=:[!&|?{};\n";

        private final String text;
        private final String quotes;
        private final StringBuilder words = new StringBuilder();
        private int at;
        private char before = '\n';

        Program(String text, String quotes) {
            this.text = text;
            this.quotes = quotes;
        }

        String words() {
            while (at < text.length()) {
                char c = text.charAt(at);
                if (text.startsWith("//", at)) {
                    lineComment();
                } else if (text.startsWith("/*", at)) {
                    blockComment();
                } else if (text.startsWith("\"\"\"", at)) {
                    literal("\"\"\"");
                } else if (quotes.indexOf(c) >= 0) {
                    literal(String.valueOf(c));
                } else if (c == '\'') {
                    skipTo(endOf("'", at + 1));
                } else if (c == '/' && quotes.length() > 1 && BEFORE_EXPRESSION.indexOf(before) >= 0) {
                    skipTo(endOfExpression());
                } else {
                    skipTo(at + 1);
                }
            }
            return words.toString();
        }

        private void lineComment() {
            int end = text.indexOf('\n', at);
            keep("  " + text.substring(at + 2, end < 0 ? text.length() : end));
        }

        private void blockComment() {
            int end = text.indexOf("*/", at + 2);
            end = end < 0 ? text.length() : end;
            String comment = text.substring(at + 2, end);
            keep("  " + blank(COMMENT_LEADER, comment.startsWith("*") ? " " + comment.substring(1) : comment));
            skipTo(Math.min(text.length(), end + 2));
        }

        /** A literal that is joined to the next by {@code +} is one text with it. */
        private void literal(String quote) {
            int start = at + quote.length();
            int end = endOf(quote, start) - quote.length();
            skipTo(start);
            keep(text.substring(start, end).replaceAll("\\\\[^\\n]", "  "));
            var next = CONCATENATION.matcher(text).region(at, text.length());
            if (quote.length() == 1 && next.lookingAt() && quotes.contains(next.group(2))) {
                keep(next.group().replaceAll("\\S", " "));
                at--;
                words.setLength(words.length() - 1);
                int open = words.length();
                literal(next.group(2));
                words.setCharAt(open, ' ');
            } else {
                skipTo(Math.min(text.length(), at + quote.length()));
            }
        }

        private int endOf(String quote, int from) {
            int end = from;
            while (end < text.length() && !text.startsWith(quote, end)) {
                end += text.charAt(end) == '\\' ? 2 : 1;
            }
            return Math.min(text.length(), end + quote.length());
        }

        private int endOfExpression() {
            boolean isClass = false;
            int end = at + 1;
            while (end < text.length() && text.charAt(end) != '\n' && (isClass || text.charAt(end) != '/')) {
                char c = text.charAt(end);
                isClass = c == '[' || (isClass && c != ']');
                end += c == '\\' ? 2 : 1;
            }
            return Math.min(text.length(), end + 1);
        }

        private void keep(String part) {
            words.append(part);
            at += part.length();
        }

        private void skipTo(int end) {
            for (; at < end; at++) {
                char c = text.charAt(at);
                words.append(Character.isWhitespace(c) ? c : DOT);
                before = c == ' ' || c == '\t' ? before : c;
            }
        }
    }
}
