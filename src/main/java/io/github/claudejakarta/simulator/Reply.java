package io.github.claudejakarta.simulator;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * An answer that a test sets instead of the simulator's own: a text, a tool call, a refusal or an error, with delays
 * and a fault.
 *
 * <pre>{@code
 * simulator.enqueue(
 *     Reply.error(529),                                             // the first attempt
 *     Reply.toolUse("weather", "{\"city\":\"Bonn\"}"),
 *     Reply.text("It is sunny in Bonn.").withCutAt(2));             // the connection breaks before the third delta
 * }</pre>
 *
 * <p>A reply has only the delays that it sets. Neither {@code max_tokens} nor {@code stop_sequences} cut it. A streamed
 * text has one, two or three words in each delta. Deltas are counted from 0, in the first text block, or in the tool
 * call of a reply without text. If the answer is not streamed, an {@code error} event becomes an error status, and a
 * connection that breaks does so halfway through the body.
 *
 * <p>Immutable, and safe to share between threads.
 */
@PublicApi
public final class Reply {

    private static final Set<String> POSITIONS = Set.of("error_at", "cut_at", "truncate_at", "stall_at", "pause_at");

    /** Empty if the simulator composes the answer. */
    private final Optional<List<Block>> content;

    private final Optional<String> stopReason;
    private final Optional<String> errorMessage;
    private final Directives directives;

    private Reply(
            Optional<List<Block>> content,
            Optional<String> stopReason,
            Optional<String> errorMessage,
            Map<String, String> directives) {
        this.content = content;
        this.stopReason = stopReason;
        this.errorMessage = errorMessage;
        try {
            this.directives = new Directives(directives, true);
        } catch (ApiError e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        faultyBlock().ifPresent(this::checkPositions);
    }

    /** Rejects faults that never happen: a test would pass although it has to fail. */
    private void checkPositions(Block block) {
        int deltas = block.pieces().size();
        for (String position : POSITIONS) {
            if (directives.has(position) && directives.number(position, 0) >= deltas) {
                throw new IllegalArgumentException(
                        position + "=" + directives.number(position, 0) + " is never reached: the reply has " + deltas
                                + " deltas, counted from 0. Use a smaller number.");
            }
        }
    }

    /** Returns a reply with this text, whose stop reason is {@code end_turn}. */
    public static Reply text(String text) {
        return ofBlocks(List.of(new Block.Text(pieces(text))));
    }

    /** Returns a reply that calls a tool, with an input. Its stop reason is {@code tool_use}. */
    public static Reply toolUse(String name, JsonObject input) {
        return toolUse(name, input.toString());
    }

    /**
     * Returns a reply that calls a tool, with the stop reason {@code tool_use}.
     *
     * @param input a JSON object as text, or any other text for an invalid input
     */
    public static Reply toolUse(String name, String input) {
        return ofBlocks(List.of(toolBlock(name, input)));
    }

    /**
     * Returns a refusal: the stop reason is {@code refusal}.
     *
     * @param textBefore the text before the refusal; may be empty
     */
    public static Reply refusal(String textBefore) {
        return (textBefore.isEmpty() ? ofBlocks(List.of()) : text(textBefore)).withStopReason("refusal");
    }

    /**
     * Returns an error status with its usual error type: 429 is {@code rate_limit_error}, 529 is
     * {@code overloaded_error}.
     *
     * @param status from 400 to 599
     */
    public static Reply error(int status) {
        return simulated().with("status", Integer.toString(status));
    }

    /**
     * Returns an error status with a type and a message.
     *
     * @param status from 400 to 599
     */
    public static Reply error(int status, String type, String message) {
        Reply error = error(status).with("error_type", type);
        return new Reply(error.content, error.stopReason, Optional.of(message), error.directives.values());
    }

    /** Returns the answer that the simulator composes, without delays and without directives of the prompt. */
    public static Reply simulated() {
        return new Reply(Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
    }

    private static Reply ofBlocks(List<Block> blocks) {
        return new Reply(Optional.of(blocks), Optional.empty(), Optional.empty(), Map.of());
    }

    private static List<String> pieces(String text) {
        return text.isEmpty() ? List.of("") : Prose.words(text);
    }

    private static Block toolBlock(String name, String input) {
        return new Block.ToolUse("", name, Prose.json(input));
    }

    /** Returns this reply with an additional text block at its end. */
    public Reply withText(String text) {
        return withBlock(new Block.Text(pieces(text)));
    }

    /** Returns this reply with an additional tool call at its end. The input is a JSON object as text. */
    public Reply withToolUse(String name, String input) {
        return withBlock(toolBlock(name, input));
    }

    /** Returns this reply with a thinking block before all other blocks. */
    public Reply withThinking(String thinking) {
        return withContent(
                Stream.concat(Stream.of(new Block.Thinking(pieces(thinking), Composer.SIGNATURE)), blocks().stream())
                        .toList());
    }

    private Reply withBlock(Block block) {
        return withContent(Stream.concat(blocks().stream(), Stream.of(block)).toList());
    }

    private Reply withContent(List<Block> blocks) {
        return new Reply(Optional.of(blocks), stopReason, errorMessage, directives.values());
    }

    private List<Block> blocks() {
        return content.orElseThrow(
                () -> new IllegalStateException(
                        "The simulator composes this answer. Begin with Reply.text instead of Reply.simulated or Reply.error."));
    }

    /** Returns this reply with another stop reason, such as {@code max_tokens}. */
    public Reply withStopReason(String reason) {
        blocks();
        return new Reply(content, Optional.of(reason), errorMessage, directives.values());
    }

    /** Returns this reply with a delay before the response begins, at most one hour. */
    public Reply withDelay(Duration beforeResponse) {
        return with("first_us", micros(beforeResponse));
    }

    /** Returns this reply with a delay before each delta, at most one hour. */
    public Reply withPace(Duration beforeDelta) {
        return with("delay_us", micros(beforeDelta));
    }

    private static String micros(Duration wait) {
        return Long.toString(TimeUnit.NANOSECONDS.toMicros(wait.toNanos()));
    }

    /** Returns this reply with an {@code error} event instead of a delta. */
    public Reply withErrorAt(int delta, String type) {
        return with("error_at", Integer.toString(delta)).with("error_type", type);
    }

    /** Returns this reply with a reset of the connection before a delta. */
    public Reply withCutAt(int delta) {
        return with("cut_at", Integer.toString(delta));
    }

    /** Returns this reply with a body that ends properly before a delta, without {@code message_stop}. */
    public Reply withEndAt(int delta) {
        return with("truncate_at", Integer.toString(delta));
    }

    /** Returns this reply with a stall: from a delta on nothing is sent, until the client closes the connection. */
    public Reply withStallAt(int delta) {
        return with("stall_at", Integer.toString(delta));
    }

    /** Returns this error with the header {@code retry-after-ms}, which clients obey. */
    public Reply withRetryAfter(Duration wait) {
        return with("retry_after_ms", Long.toString(wait.toMillis()));
    }

    /**
     * Returns this reply with a directive of {@code docs/simulator.md}, such as {@code ping_every}. Directives for the
     * content ({@code events}, {@code size}, {@code tool} and so on) have an effect only on {@link #simulated}.
     *
     * @throws IllegalArgumentException for a directive that does not exist
     */
    public Reply with(String directive, String value) {
        var all = new HashMap<>(directives.values());
        all.put(directive, value);
        return new Reply(content, stopReason, errorMessage, all);
    }

    /** Returns the directives of the answer. */
    Directives directives() {
        return faultyBlock()
                .filter(block -> !directives.has("in"))
                .map(block -> directives.withDefaults(new Directives(Map.of("in", block.kind()), true)))
                .orElse(directives);
    }

    private Optional<Block> faultyBlock() {
        List<Block> blocks = content.orElse(List.of());
        return directives
                .text("in")
                .or(() -> Optional.of("text"))
                .flatMap(kind -> blocks.stream()
                        .filter(block -> block.kind().equals(kind))
                        .findFirst())
                .or(() -> blocks.stream().findFirst());
    }

    /** Returns the message of an error status; empty for the usual one. */
    Optional<String> errorMessage() {
        return errorMessage;
    }

    /** Returns the answer to a request; empty if the simulator composes it. */
    Optional<Answer> answer(MessageParams params, RandomGenerator ids) {
        return content.map(blocks -> {
            var identified = new ArrayList<Block>();
            blocks.forEach(block -> identified.add(withId(block, ids)));
            return new Answer(
                    Ids.next("msg", ids),
                    params.model(),
                    identified,
                    Answer.Ending.of(stopReason.orElse(usualStopReason(blocks))),
                    params.inputTokens(),
                    TokenCount.ofCharacters(characters(blocks, Block.class)),
                    TokenCount.ofCharacters(characters(blocks, Block.Thinking.class)));
        });
    }

    private static Block withId(Block block, RandomGenerator ids) {
        return block instanceof Block.ToolUse call
                ? new Block.ToolUse(Ids.next("toolu", ids), call.name(), call.pieces())
                : block;
    }

    private static String usualStopReason(List<Block> blocks) {
        return blocks.stream().anyMatch(Block.ToolUse.class::isInstance) ? "tool_use" : "end_turn";
    }

    private static long characters(List<Block> blocks, Class<? extends Block> kind) {
        return blocks.stream()
                .filter(kind::isInstance)
                .flatMap(block -> block.pieces().stream())
                .mapToLong(String::length)
                .sum();
    }

    /** Returns the blocks and the directives, for messages of failed tests. */
    @Override
    public String toString() {
        return "Reply" + content.orElse(List.of()) + directives.values();
    }
}
