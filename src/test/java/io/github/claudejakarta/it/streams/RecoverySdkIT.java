package io.github.claudejakarta.it.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.SseException;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Recording;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The official Java SDK reads answers that were interrupted, at every text delta of recorded answers and several times.
 * It reads the same message as without an interruption.
 */
@ExtendWith(ArquillianExtension.class)
@Timeout(180)
class RecoverySdkIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withoutWarnings();

    private static final int AT_A_TIME = 16;

    private static ScriptedUpstream upstream;
    private static AnthropicClient client;

    private final Map<String, AtomicInteger> requestCounts = new ConcurrentHashMap<>();

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                "claude.stream.recovery=continue", FaultTolerance.NO_RETRIES, FaultTolerance.NO_BREAKER);
    }

    @BeforeAll
    static void start() throws Exception {
        upstream = ScriptedUpstream.startForServer();
        Api.warmUp(upstream);
        client = AnthropicOkHttpClient.builder()
                .baseUrl(Api.SERVER.toString())
                .apiKey("unused")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void close() {
        client.close();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    /**
     * One answer.
     *
     * @param breaks the text deltas, or events, before which the answer is interrupted
     */
    private record Case(List<Integer> breaks) {

        String prompt() {
            return Api.PROMPT + " " + breaks;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "01_plain_text, 1",
        "01_plain_text, 2",
        "01_plain_text, 3",
        "04_web_search_citations, 1",
        "06_max_tokens, 1",
        "06_max_tokens, 2",
        "08_ping_heavy, 2",
        "10_unicode, 1",
        "10_unicode, 2",
        "10_unicode, 3",
        "13_crlf_stop_sequence, 1"
    })
    void readsAnAnswerInterruptedAtEveryDelta(String fixture, int times) throws Exception {
        Recording recording = Recording.of(fixture);
        upstream.otherwise(request -> piece(recording, request, ""));
        Message unbroken = read(new Case(List.of()));

        var cases = cases(recording.texts(), times);
        inParallel(cases, one -> () -> {
            Message message = read(one);
            assertThat(text(message)).as("%s", one).isEqualTo(text(unbroken));
            assertThat(message.content()).as("%s", one).hasSameSizeAs(unbroken.content());
            assertThat(message.stopReason()).isEqualTo(unbroken.stopReason());
            assertUsage(message, recording, one);
        });
        assertThat(cases).isNotEmpty();
    }

    /**
     * Such a block cannot be continued: the SDK gets the cause of the interruption, and no second request goes to
     * Claude.
     */
    @ParameterizedTest
    @CsvSource({
        "02_parallel_tools, tool_use",
        "03_thinking_signature, thinking",
        "04_web_search_citations, server_tool_use",
        "11_tool_no_input, tool_use"
    })
    void getsAnErrorForAnInterruptionWithinAToolOrThinking(String fixture, String type) throws Exception {
        Recording recording = Recording.of(fixture);
        upstream.otherwise(request -> recording.upToEvent(breaks(request).get(0)));
        var cases = IntStream.range(0, recording.events())
                .filter(at -> recording.openBlockAt(at).equals(type))
                .mapToObj(at -> new Case(List.of(at)))
                .toList();
        assertThat(cases).isNotEmpty();

        inParallel(cases, one -> () -> {
            var failure = catchThrowableOfType(SseException.class, () -> read(one));
            assertThat(failure).as("%s", one).isNotNull();
            assertThat(failure.getMessage()).contains("api_error");
        });

        var requestCounts =
                upstream.requests().stream().map(RecoverySdkIT::breaks).toList();
        assertThat(requestCounts).doesNotHaveDuplicates().hasSameSizeAs(cases);
    }

    /** Claude repeats the whole text that was sent, or its end. */
    @ParameterizedTest
    @CsvSource({"01_plain_text, 1000", "01_plain_text, 12", "06_max_tokens, 1000", "10_unicode, 1000"})
    void removesRepeatedText(String fixture, int characters) throws Exception {
        Recording recording = Recording.of(fixture);
        upstream.otherwise(request -> {
            int at = breaks(request).stream()
                    .mapToInt(Integer::intValue)
                    .findFirst()
                    .orElse(0);
            String sent = recording.textUpTo(at);
            return piece(recording, request, sent.substring(Math.max(0, sent.length() - characters)));
        });
        Message unbroken = read(new Case(List.of()));

        // A repetition of very little text cannot be detected.
        var cases = cases(recording.texts(), 1).stream()
                .filter(one -> recording.textUpTo(one.breaks().get(0)).strip().length() >= 8)
                .toList();
        assertThat(cases).isNotEmpty();
        inParallel(cases, one -> () -> assertThat(text(read(one))).as("%s", one).isEqualTo(text(unbroken)));
    }

    /** Cases with an interruption at every delta; with several interruptions, at the following deltas. */
    private static List<Case> cases(int texts, int times) {
        return IntStream.range(0, texts - times + 1)
                .mapToObj(at -> new Case(IntStream.range(at, at + times).boxed().toList()))
                .toList();
    }

    private Script piece(Recording recording, ReceivedRequest request, String repeated) {
        List<Integer> breaks = breaks(request);
        int nth = requestCounts
                .computeIfAbsent(breaks.toString(), key -> new AtomicInteger())
                .getAndIncrement();
        int to = nth < breaks.size() ? breaks.get(nth) : recording.texts();
        return nth == 0 ? recording.upTo(to) : recording.from(breaks.get(nth - 1), to, repeated);
    }

    private static List<Integer> breaks(ReceivedRequest request) {
        String prompt = request.json().getJsonArray("messages").getJsonObject(0).getString("content");
        String list = prompt.substring(prompt.indexOf('[') + 1, prompt.indexOf(']'));
        return list.isEmpty()
                ? List.of()
                : Arrays.stream(list.split(", ")).map(Integer::valueOf).toList();
    }

    private static Message read(Case one) {
        var accumulator = MessageAccumulator.create();
        var params = MessageCreateParams.builder()
                .model("claude-opus-5-5")
                .maxTokens(64)
                .addUserMessage(one.prompt())
                .build();
        try (var events = client.messages().createStreaming(params)) {
            events.stream().forEach(accumulator::accumulate);
        }
        return accumulator.message();
    }

    private static String text(Message message) {
        return message.content().stream()
                .flatMap(block -> block.text().stream())
                .map(block -> block.text())
                .collect(Collectors.joining());
    }

    private static void assertUsage(Message message, Recording recording, Case one) {
        var usage = recording.usage();
        long output = usage.getInt("output_tokens");
        int from = 0;
        for (int to : one.breaks()) {
            output += Math.max(recording.usageAtStart().getInt("output_tokens"), recording.deltas(from, to));
            from = to;
        }
        assertThat(message.usage().outputTokens()).as("%s", one).isEqualTo(output);
        assertThat(message.usage().inputTokens())
                .as("%s", one)
                .isEqualTo((long) recording.usageAtStart().getInt("input_tokens")
                                * one.breaks().size()
                        + usage.getInt("input_tokens"));
    }

    private interface Check {
        Runnable of(Case one);
    }

    private static void inParallel(List<Case> cases, Check check) throws Exception {
        var pool = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            var tasks = new ArrayList<Callable<Object>>();
            cases.forEach(one -> tasks.add(Executors.callable(check.of(one))));
            for (var done : pool.invokeAll(tasks, 120, TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            pool.shutdownNow();
        }
    }
}
