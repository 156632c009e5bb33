package io.github.claudejakarta.simulator;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** What Claude says when it is asked to go on with an answer that broke off. */
final class ContinuationReply {

    private static final int TAIL = 40;

    private final MessageParams params;
    private final Answer whole;
    private final String said;
    private final Directives directives;

    private ContinuationReply(MessageParams params, Answer whole, String said, Directives directives) {
        this.params = params;
        this.whole = whole;
        this.said = said;
        this.directives = directives;
    }

    /**
     * Empty where the conversation does not end with the beginning of the answer that would be given to the turn
     * before.
     */
    static Optional<ContinuationReply> of(MessageParams params, Clock clock, RandomGenerator ids) {
        var interrupted = params.interrupted();
        if (interrupted.isEmpty()) {
            return Optional.empty();
        }
        var question = interrupted.get().question();
        var said = interrupted.get().said();
        var directives = question.directives();
        var whole = new Composer(question, directives.withoutFaults(), clock, ids).compose();
        var text = text(whole);
        return text.startsWith(said) && said.length() < text.length()
                ? Optional.of(new ContinuationReply(params, whole, said, directives))
                : Optional.empty();
    }

    private static String text(Answer answer) {
        var text = new StringBuilder();
        answer.content().stream()
                .filter(block -> block.kind().equals("text"))
                .forEach(block -> block.pieces().forEach(text::append));
        return text.toString();
    }

    /** Of the turn that is answered. Its faults happen again only where it says how often they do. */
    Directives directives() {
        return directives.has("times") ? directives : directives.withoutFaults();
    }

    Answer answer() {
        var begins = directives.text("continuation").orElse("exact");
        return switch (begins) {
            case "exact" -> answer(said.length(), "");
            case "tail" -> answer(said.length(), said.substring(Math.max(0, said.length() - TAIL)));
            case "anew" -> answer(0, "");
            case "refusal" -> answer(List.of(), Answer.Ending.of("refusal"));
            default -> throw new ApiError(400, "sim: continuation is exact, tail, anew or refusal");
        };
    }

    private Answer answer(int from, String repeated) {
        var budget = new Budget(FillerText.isWanted(directives) ? Long.MAX_VALUE : params.maxTokens());
        var content = new ArrayList<Block>();
        var left = from;
        for (var block : whole.content()) {
            var pieces = new ArrayList<String>();
            for (var piece : block.pieces()) {
                var known = block.kind().equals("text") ? Math.min(left, piece.length()) : 0;
                left -= known;
                if (known < piece.length() || piece.isEmpty()) {
                    pieces.add(piece.substring(known));
                }
            }
            var isSaid = block.kind().equals("text")
                    ? pieces.isEmpty()
                    : left > 0 && !block.kind().equals("thinking");
            if (!isSaid && !budget.isSpent()) {
                if (block.kind().equals("text")
                        && !repeated.isEmpty()
                        && content.stream().noneMatch(one -> one.kind().equals("text"))) {
                    pieces.add(0, repeated);
                }
                content.add(block.with(budget.take(pieces)));
            }
        }
        return answer(content, budget.isSpent() ? Answer.Ending.of("max_tokens") : whole.ending());
    }

    private Answer answer(List<Block> content, Answer.Ending ending) {
        var characters = content.stream()
                .flatMap(block -> block.pieces().stream())
                .mapToLong(String::length)
                .sum();
        var deltas = content.stream().mapToLong(block -> block.pieces().size()).sum();
        return new Answer(
                whole.id(),
                whole.model(),
                content,
                ending,
                params.inputTokens(),
                FillerText.isWanted(directives) ? deltas : TokenCount.ofCharacters(characters),
                0);
    }
}
