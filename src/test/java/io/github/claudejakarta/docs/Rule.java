package io.github.claudejakarta.docs;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A word or phrase that this project's texts avoid.
 *
 * @param avoid as people read it in a report
 * @param write what to write instead
 */
record Rule(String avoid, Pattern pattern, String write) {

    private static final String BE = "(?:is|are|was|were|be|been|being)";

    /**
     * The words that a program finds without false alarms. A space in a pattern is any white space, line breaks
     * included; letters match in both cases, except within {@code (?-i:...)}.
     */
    static final List<Rule> ALL = List.of(
            rule("tell", "tell|tells|telling|told", "report, log, return, notify; distinguish"),
            rule("say loudly", "(?:say|says|said) (?:so )?(?:loudly|aloud)", "report, log"),
            rule(
                    "take nothing",
                    "(?:take|takes|took|taking|taken) (?:nothing|anything|everything|none|no more)",
                    "read, accept, receive"),
            rule(
                    "take up",
                    "(?:take|takes|took|taking|taken) (?:(?:it|them|this|that|these) )?up(?! to\\b)",
                    "resume, start, use"),
            rule("anew, once more", "(?<!=)anew|once more|afresh", "again, resume, recreate, retry"),
            rule("in vain", "in vain", "without effect"),
            rule("whoever", "whoever|whomever|(?:he|him|she|one|nobody) who", "the caller, the client, clients that"),
            rule(
                    "those who, the one that",
                    "those (?:who|that|which)|the ones? (?:who|that|which)",
                    "a noun: the caller, requests that"),
            rule(
                    "Who has ... (no question)",
                    "(?-i:Who) (?:has|had|wants|sends|asks|does|needs|calls|is|gets|knows)\\b(?![^.\\n]*\\?)",
                    "A caller that has"),
            rule("there is none, of none", "(?:" + BE + "|of|there's) none(?! of\\b)", "is absent, is not, has no"),
            rule(
                    "as many as it may",
                    "as (?:many|much|long|often|little|few) as (?:it|they|he|one) (?:may(?! be\\b)|likes?|wants?)"
                            + "|all (?:it|they|he) may(?! be\\b)",
                    "the limit, the maximum"),
            rule(
                    "is over",
                    BE + " over(?=\\s*[.,;:)]| (?:and|or|when|before|after|once|by|for)\\b)",
                    "has ended, has expired"),
            rule("come to its end", "(?:come|comes|came|coming) to (?:its|their|an|the) end", "has ended, has expired"),
            rule(
                    "what is (without a noun)",
                    "what (?:is|was|are|were)(?! (?:wrong|missing|new|next)\\b)(?![^.!?·]{0,200}\\?)",
                    "the value, the request, the bytes that"),
            rule(
                    "What ... (no question)",
                    "(?<!#\\h|\\[)(?-i:What)(?= )(?![^.!?]{0,200}(?:\\?|:\\s*\\n))",
                    "a subject with a noun: The request that"),
            rule("of what", "(?:of|by|with|from|than|after|before) what\\b(?!ever)", "a noun: of the request"),
            rule("by itself", "(?:by|of) (?:itself|themselves)", "automatically"),
            rule(
                    "stand in, stand for",
                    "(?:stand|stands|stood|standing) (?:in|for|at|on|there|beside|before|behind)",
                    "is in, represents"),
            rule(
                    "leave off, let go",
                    "(?:leave|leaves|left|leaving) off|(?:let|lets|letting) (?:\\w+ ){0,2}go(?! to\\b)",
                    "stop, release"),
            rule(
                    "give up, give back",
                    "(?:give|gives|gave|given|giving) (?:(?:it|them|this|that) )?(?:up|back)",
                    "stop, abandon, release, return"),
            rule("go on", "(?:go|goes|went|gone|going) on", "continue"),
            rule("look after", "(?:look|looks|looked|looking) after", "monitor, handle"),
            rule("see to", "(?:see|sees|saw|seeing) to", "handle"),
            rule("is asked for", BE + " asked for|Claude " + BE + " asked", "is requested, gets a request"),
            rule("ask Claude", "(?:ask|asks|asked|asking) Claude", "send a request to Claude"),
            rule(
                    "come (arrive)",
                    "(?:body|bodies|answers?|responses?|requests?|events?|bytes?|headers?|parts?|lines?|results?|texts?"
                            + "|messages?|it|they|that|which) (?:come|comes|came)"
                            + "(?= (?:too|late|slowly|first|next|later|again|in|as|after|before|when|at)\\b|\\s*[.,;:)])",
                    "arrive"),
            rule("at once", "at once", "immediately; at the same time, concurrently"),
            rule("besides", "besides", "also"));

    private static final Map<String, List<Rule>> BY_FIRST_WORD = new ConcurrentHashMap<>();

    /** Returns the rules whose pattern may begin with a word: thirty patterns at each place of each file take long. */
    static List<Rule> beginningWith(String word) {
        return BY_FIRST_WORD.computeIfAbsent(
                word, any -> ALL.stream().filter(rule -> rule.mayBeginWith(any)).toList());
    }

    private boolean mayBeginWith(String word) {
        Matcher matcher = pattern.matcher(word);
        return matcher.lookingAt() || matcher.hitEnd();
    }

    private static Rule rule(String avoid, String pattern, String write) {
        return new Rule(
                avoid,
                Pattern.compile(
                        "(?<![\\w-])(?:" + pattern.replace(" ", "\\s+") + ")(?![\\w-])", Pattern.CASE_INSENSITIVE),
                write);
    }
}
