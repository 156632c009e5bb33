package io.github.claudejakarta.claude;

import java.util.List;

/**
 * Members of a JSON object whose spelling would change if they were parsed and written again. Claude must receive them
 * exactly as the caller wrote them.
 */
public final class Spellings {

    public static final List<String> MEMBERS = List.of(
            "\"x\":1.0",
            "\"x\":1e5",
            "\"x\":1E+05",
            "\"x\":-0",
            "\"x\":1E400",
            "\"x\":10000000000000000000001",
            "\"x\":0.10000000000000000000000000000000001",
            "\"x\":1,\"x\":2",
            "\"x\":{\"b\":1,\"a\":2,\"b\":{}}",
            "\"x\":\"\\u00e9\"",
            "\"\\u0078\":\"\u00e9 \u2028 \\/ \\u0000 \u007f\"",
            "\"x\":\"\\uD83D\\ude00 \ud83d\ude00\"",
            "\"x\":\"\\ud83d\"",
            "\"x\":\"\\ude00\\ud83d\"",
            "\"x\" :\t[ ] ,\r\n \"y\": {\n}");

    private Spellings() {}

    /** Returns one Messages request for each member. */
    public static List<String> requests(boolean isStreaming) {
        return MEMBERS.stream().map(members -> request(members, isStreaming)).toList();
    }

    /** Returns one Messages request with all members. */
    public static String requestWithAll(boolean isStreaming) {
        return request(String.join(" , ", MEMBERS), isStreaming);
    }

    private static String request(String members, boolean isStreaming) {
        return "{" + members + ", \"stream\" : " + isStreaming + ",\"model\":\"claude-opus-5-5\",\"max_tokens\":9,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }
}
