package io.github.claudejakarta.simulator;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** The answer to a request that continues an interrupted answer. */
final class ContinuationReply {

    /** The number of characters that {@code continuation=tail} repeats. */
    private static final int TAIL_CHARACTERS = 40;

    /** The beginning of a continuation: the values of the directive {@code continuation}. */
    private enum Beginning {
        EXACT,
        TAIL,
        ANEW,
        REFUSAL;

        static Beginning of(Directives directives) {
            var value = directives.text("continuation").orElse(EXACT.toString());
            return Arrays.stream(values())
                    .filter(beginning -> beginning.toString().equals(value))
                    .findAny()
                    .orElseThrow(() -> new ApiError(
                            400, "sim: continuation must be one of " + Arrays.toString(values()) + ", not " + value));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final MessageParams params;
    private final Answer complete;
    private final String prefix;
    private final Directives directives;

    private ContinuationReply(MessageParams params, Answer complete, String prefix, Directives directives) {
        this.params = params;
        this.complete = complete;
        this.prefix = prefix;
        this.directives = directives;
    }

    /**
     * Returns the continuation. Returns empty unless the conversation ends with a prefix of the simulator's own answer
     * to the turn before.
     */
    static Optional<ContinuationReply> of(MessageParams params, Clock clock, RandomGenerator ids) {
        var interrupted = params.interrupted();
        if (interrupted.isEmpty()) {
            return Optional.empty();
        }
        var question = interrupted.get().question();
        var prefix = interrupted.get().text();
        var directives = question.directives();
        var complete = new Composer(question, directives.withoutFaults(), clock, ids).compose();
        var text = text(complete);
        return text.startsWith(prefix) && prefix.length() < text.length()
                ? Optional.of(new ContinuationReply(params, complete, prefix, directives))
                : Optional.empty();
    }

    private static String text(Answer answer) {
        var text = new StringBuilder();
        answer.content().stream()
                .filter(block -> block.kind().equals("text"))
                .forEach(block -> block.pieces().forEach(text::append));
        return text.toString();
    }

    /** Returns the directives of the answered turn. Its faults happen again only if it has {@code times}. */
    Directives directives() {
        return directives.has("times") ? directives : directives.withoutFaults();
    }

    Answer answer() {
        return switch (Beginning.of(directives)) {
            case EXACT -> answer(prefix.length(), "");
            case TAIL -> answer(prefix.length(), prefix.substring(Math.max(0, prefix.length() - TAIL_CHARACTERS)));
            case ANEW -> answer(0, "");
            case REFUSAL -> answer(List.of(), Answer.Ending.of("refusal"));
        };
    }

    private Answer answer(int from, String repeated) {
        var budget = new Budget(FillerText.isWanted(directives) ? Long.MAX_VALUE : params.maxTokens());
        var content = new ArrayList<Block>();
        var left = from;
        for (var block : complete.content()) {
            var pieces = new ArrayList<String>();
            for (var piece : block.pieces()) {
                var known = block.kind().equals("text") ? Math.min(left, piece.length()) : 0;
                left -= known;
                if (known < piece.length() || piece.isEmpty()) {
                    pieces.add(piece.substring(known));
                }
            }
            var isKnown = block.kind().equals("text")
                    ? pieces.isEmpty()
                    : left > 0 && !block.kind().equals("thinking");
            if (!isKnown && !budget.isExhausted()) {
                if (block.kind().equals("text")
                        && !repeated.isEmpty()
                        && content.stream().noneMatch(other -> other.kind().equals("text"))) {
                    pieces.add(0, repeated);
                }
                content.add(block.withPieces(budget.take(pieces)));
            }
        }
        return answer(content, budget.isExhausted() ? Answer.Ending.of("max_tokens") : complete.ending());
    }

    private Answer answer(List<Block> content, Answer.Ending ending) {
        var characters = content.stream()
                .flatMap(block -> block.pieces().stream())
                .mapToLong(String::length)
                .sum();
        var deltas = content.stream().mapToLong(block -> block.pieces().size()).sum();
        return new Answer(
                complete.id(),
                complete.model(),
                content,
                ending,
                params.inputTokens(),
                FillerText.isWanted(directives) ? deltas : TokenCount.ofCharacters(characters),
                0);
    }
}
