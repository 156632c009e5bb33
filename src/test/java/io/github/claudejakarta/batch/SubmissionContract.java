package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.claude.Spellings;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.simulator.RecordedRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How requests are received, and which are rejected immediately. */
interface SubmissionContract {

    BatchWorld world();

    /** The bytes of <code>{"requests":[]}</code>. */
    int FRAME = 15;

    @Test
    default void partsAreCutAtTheirNumberOfRequests() {
        BatchServer server = world().server(new Tuning().maxPartRequests(3));

        Batch batch = server.submit("a", "b", "c", "d", "e", "f", "g");

        assertThat(batch.parts()).extracting(BatchPart::number).containsExactly(1, 2, 3);
        assertThat(batch.parts()).extracting(BatchPart::first).containsExactly(0L, 3L, 6L);
        assertThat(batch.parts()).extracting(BatchPart::last).containsExactly(2L, 5L, 6L);
        assertThat(batch.parts()).extracting(BatchPart::requests).containsExactly(3L, 3L, 1L);
        assertThat(batch.requestCounts().processing()).isEqualTo(7).isEqualTo(batch.requests());
        assertThat(batch.status()).isEqualTo(BatchStatus.SUBMITTING);
        assertThat(server.get(batch.id())).isEqualTo(batch);
        assertThat(world().rows("claude_task")).isEqualTo(3);
    }

    @Test
    default void aPartMayReachItsLimitExactly() {
        assertThat(world().server(new Tuning().maxPartRequests(3))
                        .submit("a", "b", "c")
                        .parts())
                .hasSize(1);
    }

    @Test
    default void partsAreCutAtTheirNumberOfBytes() {
        String prompt = "x".repeat(500);
        long one = length(prompt) + 1L;

        assertThat(sizes(new Tuning().maxPartBytes(FRAME + 3 * one), prompt)).containsExactly(3L, 3L, 1L);
        assertThat(sizes(new Tuning().maxPartBytes(FRAME + 3 * one - 1), prompt))
                .containsExactly(2L, 2L, 2L, 1L);
    }

    @Test
    default void noBodyExceedsTheLimitOfAPart() {
        String prompt = "x".repeat(500);
        long most = FRAME + 3L * (length(prompt) + 1);
        BatchServer server = world().server(new Tuning().maxPartBytes(most));

        Batch batch = server.drive(server.submit(Collections.nCopies(4, prompt).toArray(String[]::new))
                .id());

        assertThat(world().requests("POST", "/batches"))
                .hasSize(2)
                .allSatisfy(request -> assertThat((long) request.bodyLength()).isBetween(1L, most));
        assertThat(world().requests("POST", "/batches"))
                .extracting(request -> (long) request.bodyLength() + 1)
                .containsExactlyElementsOf(
                        batch.parts().stream().map(BatchPart::bytes).toList());
    }

    private List<Long> sizes(Tuning tuning, String prompt) {
        return world().server(tuning).submit(Collections.nCopies(7, prompt).toArray(String[]::new)).parts().stream()
                .map(BatchPart::requests)
                .toList();
    }

    private static int length(String prompt) {
        return BatchServer.requests(prompt)
                .findFirst()
                .orElseThrow()
                .json()
                .toString()
                .length();
    }

    @Test
    default void aRequestThatIsLargerThanAPartIsRejected() {
        BatchServer server = world().server(new Tuning().maxPartBytes(1_000));

        assertThatThrownBy(() -> server.submit("fits", "x".repeat(1_000)))
                .hasMessageContaining("request 2")
                .hasMessageContaining("max-part-bytes");
        requireNothingStored();
    }

    @Test
    default void requestsAreSentInTheirOrder() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        List<String> texts = List.of(
                text("b", " \"x\" :  1.50,", "ä€😀\\u00e4"),
                text("a", "", "\\n"),
                text("c", "\"unknown\":{\"z\":1,\"a\":2},", ""));

        Batch batch = server.bean()
                .submitFor(
                        BatchServer.submitter("local", null, Map.of("anthropic-beta", "output-300k-2026-03-24")),
                        () -> reader(texts));
        server.drive(batch.id());

        List<RecordedRequest> sent = world().requests("POST", "/batches");
        assertThat(sent)
                .extracting(request -> request.body().orElseThrow())
                .containsExactly(
                        "{\"requests\":[" + texts.get(0) + "," + texts.get(1) + "]}",
                        "{\"requests\":[" + texts.get(2) + "]}");
        assertThat(sent).allSatisfy(request -> {
            assertThat(request.header("anthropic-beta")).contains("output-300k-2026-03-24");
            assertThat(request.carries("sk-server")).isTrue();
        });
    }

    /**
     * Lone surrogates, spellings of numbers, repeated keys, white space: in both formats, with and without a byte order
     * mark.
     */
    @Test
    default void everyFormatKeepsTheBytesOfARequest() {
        BatchServer server = world().server(new Tuning());
        List<String> texts = List.of(
                text(
                        "a",
                        "\"n\":12345678901234567890.123456789, \"e\":1E400,\"t\":1e1 ,\"z\":1.000,\"o\":-0.0,",
                        "x \\ud83d y \\u0000\\u2028\\/\u007f"),
                text("b", "\"max_tokens\":7,\t\"x\":[ ],\"x\":{\"b\":1,\"a\":2},", "\\ude00\\ud83d"));
        byte[] json = ("\uFEFF{\"requests\": [" + String.join(" ,\n", texts) + "] }").getBytes(StandardCharsets.UTF_8);
        byte[] lines = ("\uFEFF" + String.join("\n", texts)).getBytes(StandardCharsets.UTF_8);

        for (RequestReader reader : List.of(
                new JsonArrayReader(new ByteArrayInputStream(json), MemoryReservation.UNLIMITED),
                new JsonLinesReader(new ByteArrayInputStream(lines), MemoryReservation.UNLIMITED))) {
            server.drive(server.bean()
                    .submitFor(BatchServer.submitter("local", null), () -> reader)
                    .id());
        }

        assertThat(world().requests("POST", "/batches"))
                .extracting(request -> request.body().orElseThrow())
                .hasSize(2)
                .containsOnly("{\"requests\":[" + texts.get(0) + "," + texts.get(1) + "]}");
    }

    @Test
    default void everySpellingIsStored() {
        BatchServer server = world().server(new Tuning());
        List<String> requests = Spellings.requests(false);
        List<String> items = IntStream.range(0, requests.size())
                .mapToObj(i -> "{\"custom_id\":\"r" + i + "\" ,\"params\": " + requests.get(i) + "}")
                .toList();
        // A line end would end the request.
        List<String> lines = items.stream()
                .map(item -> item.replace("\r\n", " ").replace('\n', ' '))
                .toList();

        server.drive(submit(
                server,
                new JsonArrayReader(
                        stream("{\"requests\":[" + String.join(",", items) + "]}"), MemoryReservation.UNLIMITED)));
        server.drive(
                submit(server, new JsonLinesReader(stream(String.join("\n", lines)), MemoryReservation.UNLIMITED)));

        assertThat(world().requests("POST", "/batches"))
                .extracting(request -> request.body().orElseThrow())
                .containsExactly(
                        "{\"requests\":[" + String.join(",", items) + "]}",
                        "{\"requests\":[" + String.join(",", lines) + "]}");
    }

    @Test
    default void optionsOfAnApplicationAreStoredAndUsed() {
        BatchServer server = world().server(new Tuning());
        RequestOptions options = RequestOptions.none()
                .withBeta("b-1")
                .withHeader("x-team", "loans")
                .withCaller("alice")
                .withCorrelation("order 7")
                .withRecovery(RecoveryMode.CONTINUE);

        Batch batch = server.bean().submit(BatchServer.requests("hi"), options);
        server.drive(batch.id());

        Batch ended = server.bean().find(batch.id()).orElseThrow();
        assertThat(ended.owner()).isEqualTo("alice");
        assertThat(ended.correlation()).contains("order 7");
        assertThat(ended.status().hasEnded()).isTrue();
        assertThat(world().requests("POST", "/batches")).hasSize(1).allSatisfy(request -> {
            assertThat(request.header("anthropic-beta")).contains("b-1");
            assertThat(request.header("x-team")).contains("loans");
            assertThat(request.headers()).doesNotContainKeys(":correlation", RecoveryMode.HEADER);
        });
        try (Stream<BatchResult> results = server.bean().results(batch.id())) {
            assertThat(results).hasSize(1);
        }
        assertThat(world().requests("GET", "/results"))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.header("x-team")).contains("loans"));
    }

    @Test
    default void optionsThatABatchCannotHaveAreRejected() {
        BatchServer server = world().server(new Tuning());

        assertThatThrownBy(() -> server.bean()
                        .submit(
                                BatchServer.requests("hi"),
                                RequestOptions.none().withTimeout(Duration.ofSeconds(1))))
                .hasMessageContaining("a batch cannot have a time limit");
        assertThatThrownBy(() -> server.bean()
                        .submit(
                                BatchServer.requests("hi"),
                                RequestOptions.none().withApiKey("sk-own")))
                .hasMessageContaining("keys are not stored");
        assertThatThrownBy(() -> server.bean()
                        .submit(
                                BatchServer.requests("hi"),
                                RequestOptions.none().withCaller("refused")))
                .hasMessageContaining("no more");
        assertThat(server.bean().list(10)).isEmpty();
    }

    @Test
    default void aRequestWithoutAModelNamesTheKeyOfTheDefault() {
        BatchServer server = world().server(new Tuning());

        assertThatThrownBy(() -> server.bean().submit(Stream.of(new BatchRequest("a", MessageRequest.of("hi")))))
                .hasMessageContaining("request 1: params.model")
                .hasMessageContaining("claude.default-model");
    }

    @Test
    default void everySpellingOfATextOfAnApplicationIsStored() {
        BatchServer server = world().server(new Tuning());
        List<String> requests = Spellings.requests(false);

        server.drive(server.bean()
                .submit(IntStream.range(0, requests.size())
                        .mapToObj(i -> new BatchRequest("r" + i, MessageRequest.parse(requests.get(i)))))
                .id());

        assertThat(world().requests("POST", "/batches").get(0).body().orElseThrow())
                .isEqualTo(IntStream.range(0, requests.size())
                        .mapToObj(i -> "{\"custom_id\":\"r" + i + "\",\"params\":" + requests.get(i) + "}")
                        .collect(Collectors.joining(",", "{\"requests\":[", "]}")));
    }

    private static String submit(BatchServer server, RequestReader reader) {
        return server.bean()
                .submitFor(BatchServer.submitter("local", null), () -> reader)
                .id();
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Requests that an application builds contain them as escapes. */
    @Test
    default void aLoneSurrogateInAPromptIsUnchanged() {
        BatchServer server = world().server(new Tuning());

        server.drive(server.submit("x \ud83d y").id());

        assertThat(world().requests("POST", "/batches").get(0).body().orElseThrow())
                .contains("\"content\":\"x \\ud83d y\"");
    }

    @Test
    default void aLongPartIsWrittenCompletelyAndInOrder() throws IOException {
        BatchServer server = world().server(new Tuning().maxPartRequests(1_203));
        List<String> texts = IntStream.range(0, 2_000)
                .mapToObj(i -> text("r" + i, "", i % 400 == 0 ? "x".repeat(300_000) : "x".repeat(i % 50)))
                .toList();
        Batch batch = server.bean().submitFor(BatchServer.submitter("local", null), () -> reader(texts));

        assertThat(body(server, batch, 1))
                .isEqualTo("{\"requests\":[" + String.join(",", texts.subList(0, 1_203)) + "]}");
        assertThat(body(server, batch, 2))
                .isEqualTo("{\"requests\":[" + String.join(",", texts.subList(1_203, 2_000)) + "]}");
    }

    private static String body(BatchServer server, Batch batch, int number) throws IOException {
        var out = new ByteArrayOutputStream();
        server.parts()
                .requests()
                .writeBody(server.states().find(server.key(batch.id(), number)).orElseThrow(), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String text(String id, String extra, String prompt) {
        return "{" + extra + "\"custom_id\": \"" + id
                + "\",\"params\":{\"max_tokens\":9,\"model\":\"m\",\"messages\":[{\"role\":\"user\","
                + "\"content\":\"-" + prompt + "\"}]} }";
    }

    private static RequestReader reader(List<String> texts) {
        Iterator<String> rest = texts.iterator();
        var count = new int[1];
        return () -> rest.hasNext()
                ? Optional.of(RequestReader.read(
                        "line " + ++count[0],
                        () -> SubmittedRequest.of(
                                "line " + count[0], rest.next().getBytes(StandardCharsets.UTF_8))))
                : Optional.empty();
    }

    @Test
    default void anEmptyBatchIsRejected() {
        assertThatThrownBy(() -> world().server().submit()).hasMessageContaining("at least one");
        requireNothingStored();
    }

    @Test
    default void aRepeatedIdIsRejected() {
        assertThat(refusal("a", "b", "a", "c", "b").getMessage())
                .contains("request 3: custom_id: 'a' was used before", "request 5: custom_id: 'b'")
                .doesNotContain("only the first");
    }

    @Slow("many requests")
    @Test
    default void anIdThatIsRepeatedMuchLaterIsRejected() {
        var ids = new ArrayList<String>(
                IntStream.range(0, 1_600).mapToObj(i -> "r" + i).toList());
        ids.set(1_100, "r1");
        ids.set(1_101, "r600");

        assertThat(refusal(ids.toArray(String[]::new)).getMessage())
                .contains("request 1101: custom_id: 'r1' was used before", "request 1102: custom_id: 'r600'");
    }

    @Test
    default void aRepeatedIdIsReportedWithOtherProblems() {
        assertThat(refusal("a", "no name", "a", "c", "no name", "b", "c", "c").errorMessage())
                .matches(
                        "request 2: custom_id: String .*; request 3: custom_id: 'a' was used before.*; "
                                + "request 5: custom_id: String .*; request 7: custom_id: 'c' was used before.*; request 8: custom_id: 'c' was used before, but must be unique");
    }

    @Test
    default void everyRepeatedIdIsReportedAtAnyDistance() {
        var ids = new ArrayList<String>(
                IntStream.range(0, 2_600).mapToObj(i -> "r" + i).toList());
        ids.set(5, "no name");
        ids.set(10, "r1");
        ids.set(1_100, "r20");
        ids.set(2_500, "r1200");
        ids.set(2_501, "r1");

        assertThat(refusal(ids.toArray(String[]::new)).errorMessage())
                .matches(
                        "request 6: custom_id: .*; request 11: custom_id: 'r1' .*; request 1101: custom_id: 'r20' .*; "
                                + "request 2501: custom_id: 'r1200' .*; request 2502: custom_id: 'r1' was used before, but must be unique");
    }

    @Test
    default void anIdMayBeUsedInAnotherBatch() {
        BatchServer server = world().server();
        server.submit("a");

        assertThat(server.submit("a").requests()).isEqualTo(1);
    }

    @Test
    default void upToTenProblemsAreReported() {
        String message = refusal(Stream.concat(IntStream.range(0, 9).mapToObj(i -> "no name " + i), Stream.of("a", "a"))
                        .toArray(String[]::new))
                .getMessage();
        assertThat(message)
                .contains("request 1: custom_id", "request 9: custom_id", "request 11: custom_id: 'a' was used before")
                .doesNotContain("only the first");

        assertThat(refusal(IntStream.range(0, 12).mapToObj(i -> "no name " + i).toArray(String[]::new))
                        .getMessage())
                .contains("request 1: ", "request 10: ", "; only the first 10 problems are listed")
                .doesNotContain("request 11: ");
    }

    @Test
    default void upToTenRepeatedIdsAreReported() {
        assertThat(refusal(Collections.nCopies(400, "same").toArray(String[]::new))
                        .getMessage())
                .contains("request 2: ", "request 11: ", "; only the first 10 problems are listed")
                .doesNotContain("request 12: ");
    }

    private ClaudeException refusal(String... customIds) {
        BatchServer server = world().server();
        Iterator<String> ids = List.of(customIds).iterator();
        var count = new int[1];
        var refusal = catchThrowableOfType(
                ClaudeException.class,
                () -> server.bean().submitFor(BatchServer.submitter("local", null), () -> () -> {
                    if (!ids.hasNext()) {
                        return Optional.empty();
                    }
                    String text = text(ids.next(), "", "hi");
                    return Optional.of(RequestReader.read(
                            "request " + ++count[0],
                            () -> SubmittedRequest.of("request " + count[0], text.getBytes(StandardCharsets.UTF_8))));
                }));
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        requireNothingStored();
        return refusal;
    }

    private void requireNothingStored() {
        assertThat(Stream.of(
                                "claude_batch",
                                "claude_batch_part",
                                "claude_batch_request",
                                "claude_task",
                                "claude_delivery")
                        .map(world()::rows))
                .containsOnly(0L);
        assertThat(world().creations()).isZero();
    }

    /** Up to 500 requests are pending. A caller that pauses keeps them in memory. */
    @Test
    default void requestsThatAreNotStoredYetAreCounted() {
        var held = new ArrayList<Long>();
        byte[] request = text("r100", "", "hi").getBytes(StandardCharsets.UTF_8);
        var requests = new RequestReader() {
            private int count = 100;

            @Override
            public Optional<SubmittedRequest> next() {
                return count == 602
                        ? Optional.empty()
                        : Optional.of(SubmittedRequest.of(
                                "line", text("r" + count++, "", "hi").getBytes(StandardCharsets.UTF_8)));
            }

            @Override
            public void setPendingBytes(long bytes) {
                held.add(bytes);
            }
        };

        world().server().bean().submitFor(BatchServer.submitter("local", null), () -> requests);

        long each = request.length + 1L;
        assertThat(held).startsWith(each, 2 * each, 3 * each).endsWith(500 * each, 0L, each, 2 * each, 0L);
    }

    @Test
    default void aBodyThatBreaksOffStoresNothing() {
        BatchServer server = world().server();
        var count = new int[1];
        Supplier<RequestReader> broken = () -> () -> {
            if (++count[0] > 700) {
                throw new IOException("the client has left");
            }
            return Optional.of(
                    SubmittedRequest.of("line", text("r" + count[0], "", "hi").getBytes(StandardCharsets.UTF_8)));
        };

        assertThatThrownBy(() -> server.bean().submitFor(BatchServer.submitter("local", "k"), broken))
                .isInstanceOf(ClaudeException.class);
        requireNothingStored();
    }

    @Test
    default void aStreamThatThrowsStoresNothing() {
        BatchServer server = world().server();
        var isClosed = new boolean[1];
        Stream<BatchRequest> broken = IntStream.range(0, 700)
                .mapToObj(i -> {
                    if (i == 600) {
                        throw new IllegalStateException("the application's");
                    }
                    return BatchRequest.of("r" + i, "m", 9, "hi");
                })
                .onClose(() -> isClosed[0] = true);

        assertThatThrownBy(() -> server.bean().submit(broken)).hasMessage("the application's");
        assertThat(isClosed[0]).isTrue();
        requireNothingStored();
    }

    @Test
    default void withoutAKeyOfTheServerSubmissionsAreRejected() {
        assertThatThrownBy(() -> world().server(new Tuning().withoutKey()).submit("a"))
                .hasMessageContaining("claude.api-key");
        requireNothingStored();
    }

    @Test
    default void theSameKeyReturnsTheSameBatch() {
        BatchServer server = world().server();
        Batch batch = keyed(server, "alice", "k");

        assertThat(keyed(world().server(), "alice", "k")).isEqualTo(batch);
        assertThat(keyed(server, "bob", "k").id()).isNotEqualTo(batch.id());
        assertThat(keyed(server, "alice", "other").id()).isNotEqualTo(batch.id());
        assertThat(keyed(server, "alice", null).id()).isNotEqualTo(batch.id());
        assertThat(world().rows("claude_batch")).isEqualTo(4);
    }

    @Test
    default void theSameKeyTwiceConcurrentlyIsAConflict() {
        BatchServer server = world().server();
        server.store().begin(BatchServer.submitter("alice", "k"));
        world().advance(DurableTasks.TAKEN_OVER.minusSeconds(1));

        assertThat(catchThrowableOfType(ClaudeException.class, () -> keyed(server, "alice", "k"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        assertThat(keyed(server, "bob", "k").requests()).isEqualTo(1);
    }

    @Test
    default void anAbandonedSubmissionIsReplaced() {
        BatchServer server = world().server();
        BatchStore.Receiving left = server.store().begin(BatchServer.submitter("alice", "k"));
        server.store()
                .add(
                        left,
                        0,
                        1,
                        List.of(SubmittedRequest.of(
                                "line 1", text("a", "", "hi").getBytes(StandardCharsets.UTF_8))));
        assertThat(catchThrowableOfType(ClaudeException.class, () -> keyed(server, "alice", "k"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        world().advance(DurableTasks.TAKEN_OVER);

        Batch batch = keyed(server, "alice", "k");

        assertThat(batch.id()).isNotEqualTo(left.id());
        assertThat(world().rows("claude_batch_request")).isEqualTo(1);
    }

    @Test
    default void theKeyOfARejectedSubmissionCanBeUsedAgain() {
        BatchServer server = world().server();
        assertThatThrownBy(() -> server.bean().submitFor(BatchServer.submitter("alice", "k"), () -> reader(List.of())))
                .isInstanceOf(ClaudeException.class);

        assertThat(keyed(server, "alice", "k").requests()).isEqualTo(1);
    }

    private static Batch keyed(BatchServer server, String owner, String key) {
        return server.bean().submitFor(BatchServer.submitter(owner, key), () -> reader(List.of(text("a", "", "hi"))));
    }

    @Test
    default void aBatchThatIsBeingReceivedIsNotVisible() {
        BatchServer server = world().server();
        BatchStore.Receiving receiving = server.store().begin(BatchServer.submitter("local", null));

        assertThat(server.bean().find(receiving.id())).isEmpty();
        assertThat(server.bean().list(10)).isEmpty();
    }

    @Test
    default void storedBytesHaveALimit() {
        long one = length("x".repeat(500)) + 1L;
        BatchServer server = world().server(new Tuning().maxBytes(2 * (one + FRAME)));
        String id = server.submit("x".repeat(500)).id();

        assertThat(catchThrowableOfType(ClaudeException.class, () -> server.submit("x".repeat(500), "x".repeat(500)))
                        .status())
                .isEqualTo(529);
        assertThat(world().rows("claude_batch")).isEqualTo(1);
        server.submit("x".repeat(500));
        assertThatThrownBy(() -> server.submit("hi")).hasMessageContaining("max-bytes");
        server.drive(id);
        server.bean().delete(id);
        assertThat(server.submit("hi").requests()).isEqualTo(1);
    }
}
