package io.github.claudejakarta.batch;

import static io.github.claudejakarta.batch.PartState.CANCELED;
import static io.github.claudejakarta.batch.PartState.ENDED;
import static io.github.claudejakarta.batch.PartState.FAILED;
import static io.github.claudejakarta.batch.PartState.RUNNING;
import static io.github.claudejakarta.batch.PartState.SENDING;
import static io.github.claudejakarta.batch.PartState.UNRESOLVED;
import static io.github.claudejakarta.batch.PartState.WAITING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.MessageBatch.Counts;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestKind;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.usage.TokenUse;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The states of a part, with every failure between them. */
interface FollowingContract {

    BatchWorld world();

    @Test
    default void aPartGoesFromWaitingToItsEnd() {
        BatchServer server = world().server();
        String id = server.submit("hi", "sim:outcome=errored", "sim:outcome=expired")
                .id();
        assertThat(server.state(id, 1)).isEqualTo(WAITING);
        assertThat(server.get(id).hasResults()).isFalse();
        assertThatThrownBy(() -> server.bean().results(id)).hasMessageContaining("no results yet");

        server.step(id, 1);
        BatchPart sent = server.part(id, 1);
        assertThat(sent.state()).isEqualTo(RUNNING);
        assertThat(sent.sentAt()).isPresent();
        assertThat(sent.messageBatch().orElseThrow().id())
                .isEqualTo(world().claude().batches().get(0));
        server.step(id, 1);
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.IN_PROGRESS);
        assertThat(server.get(id).requestCounts()).isEqualTo(Counts.processing(3));
        world().advance(Duration.ofSeconds(5));

        assertThat(server.step(id, 1)).isEmpty();
        Batch ended = server.get(id);
        assertThat(ended.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(ended.endedAt()).isPresent();
        assertThat(ended.requestCounts()).isEqualTo(new Counts(0, 1, 1, 0, 1));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "errored", "r2", "expired"));
        assertThat(server.step(id, 1)).isEmpty();
        assertThat(server.changes().stream().map(batch -> batch.parts().get(0).state()))
                .containsExactly(WAITING, SENDING, RUNNING, ENDED);
        assertThat(server.changes()).extracting(Batch::revision).isSorted().doesNotHaveDuplicates();
        assertThat(world().creations()).isEqualTo(1);
    }

    @Test
    default void usageIsAddedUpOverParts() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = server.drive(
                        server.submit("one", "and two", "and number three").id())
                .id();
        long input;
        long output;
        try (Stream<BatchResult> results = server.bean().results(id)) {
            List<BatchResult> all = results.toList();
            input = all.stream()
                    .mapToLong(result -> result.message().orElseThrow().usage().inputTokens())
                    .sum();
            output = all.stream()
                    .mapToLong(result -> result.message().orElseThrow().usage().outputTokens())
                    .sum();
        }

        BatchUsage usage = server.get(id).usage();

        assertThat(usage.models()).singleElement().satisfies(model -> {
            assertThat(model.model()).isEqualTo(BatchServer.MODEL);
            assertThat(model.requests()).isEqualTo(3);
        });
        assertThat(input).isPositive();
        assertThat(usage.tokens().input()).isEqualTo(input);
        assertThat(usage.tokens().output()).isEqualTo(output);
        assertThat(usage.cost().orElseThrow().doubleValue()).isCloseTo((input * 5 + output * 25) / 2e6, within(1e-6));
        // and over all batches of the caller, once
        assertThat(world().used()).containsExactly(List.of("local", BatchServer.MODEL, "batch", 3L, input, output));
    }

    /** A batch may have parts of both: of a simulator, and of Claude after a key was set. */
    @Test
    default void usageCountsAsSimulatedIfTheResultsAre() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().sql("update claude_batch set simulated = not simulated");

        server.drive(id);

        assertThat(server.get(id).isSimulated()).isFalse();
        assertThat(world().rows("claude_usage where simulated = true")).isEqualTo(1);
        assertThat(world().rows("claude_usage")).isEqualTo(1);
    }

    @Test
    default void aTemporarilyRejectedPartWaitsAsLongAsClaudeRequests() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_status=429 retry_after=7 times=1 key=k")
                .id();

        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofSeconds(7));
        assertThat(server.state(id, 1)).isEqualTo(WAITING);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("rate_limit_error");
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
        assertThat(server.part(id, 1).problem()).isEmpty();
    }

    @Test
    default void afterAnOverloadThePartWaitsForTheLongestInterval() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_status=529 times=1 key=k").id();

        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofSeconds(60));
        assertThat(server.state(id, 1)).isEqualTo(WAITING);
    }

    @Test
    default void aRejectedPartHasResultsAndCanBeResubmitted() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id =
                server.submit("sim:batch_status=400 times=1 key=k", "b", "c").id();

        Batch failed = server.drive(id);

        assertThat(failed.status()).isEqualTo(BatchStatus.FAILED);
        assertThat(failed.parts()).extracting(BatchPart::state).containsExactly(FAILED, ENDED);
        assertThat(failed.requestCounts()).isEqualTo(new Counts(0, 1, 2, 0, 0));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "errored", "r1", "errored", "r2", "succeeded"));
        try (Stream<BatchResult> results = server.bean().results(id)) {
            assertThat(results.filter(result -> result.customId().equals("r1")).map(BatchResult::outcome))
                    .singleElement()
                    .isInstanceOfSatisfying(
                            BatchResult.Outcome.Errored.class,
                            errored -> assertThat(errored.error().type()).isEqualTo(ErrorType.INVALID_REQUEST));
        }
        server.bean().resubmit(id);
        assertThat(server.drive(id).requestCounts()).isEqualTo(new Counts(0, 3, 0, 0, 0));
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.ENDED);
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "succeeded", "r1", "succeeded", "r2", "succeeded"));
    }

    @Test
    default void aMessageBatchWhoseAnswerWasLostIsFoundAndNotCreatedAgain() {
        BatchServer server = world().server();
        world().strangersBatch("a", "b", "c");
        String id = server.submit("sim:batch_lost=1", "b").id();

        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofSeconds(5));
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
        assertThat(server.part(id, 1).messageBatch().orElseThrow().id())
                .isEqualTo(world().claude().batches().get(0));
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(2);
        assertThat(world().claude().batches()).hasSize(2);
    }

    @Test
    default void aPartThatDidNotReachClaudeIsSentAgainAfterALookUp() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=before times=1 key=k").id();
        server.step(id, 1);

        world().advance(Duration.ofSeconds(59));
        assertThat(server.step(id, 1)).isPresent();
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        world().advance(Duration.ofSeconds(1));
        assertThat(server.wait(id, 1)).isEqualTo(Duration.ZERO);
        assertThat(server.state(id, 1)).isEqualTo(WAITING);

        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
        assertThat(world().claude().batches()).hasSize(1);
        assertThat(world().creations()).isEqualTo(2);
    }

    /**
     * Claude may list a message batch late. If the clock is set forward, the message batch must not be created twice;
     * if it is set back, the server must not wait for ever.
     */
    @ParameterizedTest
    @ValueSource(longs = {-86_400, -60, 60, 86_400})
    default void aLookUpDoesNotDependOnTheClock(long seconds) {
        BatchServer server = world().server();
        String id =
                server.submit("sim:batch_lost=before times=1 key=k" + seconds).id();
        server.step(id, 1);
        world().setClock(Duration.ofSeconds(seconds));

        world().advance(Duration.ofSeconds(59));
        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        world().advance(Duration.ofSeconds(1));
        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(WAITING);
        assertThat(world().creations()).isEqualTo(1);
    }

    /** A message batch that is missing for a moment does not wait for a person because the clock was set. */
    @Test
    default void aMissingMessageBatchIsWaitedForWhenTheClockIsSetForward() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_hidden_us=3600000000").id();
        server.step(id, 1);
        server.step(id, 1);
        world().setClock(PartFollower.MISSING.multipliedBy(2));
        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
    }

    @Test
    default void aPartOfAServerThatDiedWhileSendingIsLookedUp() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.states().claim(server.key(id, 1), 10);

        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        assertThat(world().requests("GET", "/batches")).hasSize(1);
        assertThat(world().creations()).isZero();
    }

    @Test
    default void messageBatchesOfAnotherTimeAreNotMistakenForThePart() {
        BatchServer server = world().server();
        world().strangersBatch("a");
        world().advance(Duration.ofMinutes(2));
        String id = server.submit("sim:batch_lost=before times=1 key=k").id();
        server.step(id, 1);
        world().advance(Duration.ofMinutes(16));
        world().strangersBatch("b");

        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(WAITING);
    }

    @Test
    default void theLookUpBeginsWhenTheAnswerIsLostAndNotWhenThePartIsSent() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.states().claim(server.key(id, 1), 10);
        world().advance(Duration.ofMinutes(10));

        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        world().advance(Duration.ofSeconds(59));
        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        world().advance(Duration.ofSeconds(1));
        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(WAITING);
    }

    @Test
    default void aServerThatWasPresumedDeadDoesNotChangeAPartThatWasSentAgain() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        PartKey key = server.key(id, 1);
        server.states().claim(key, 10);
        PartSnapshot before = server.states().find(key).orElseThrow();
        server.states().returnToWaiting(before, "{}");
        world().advance(Duration.ofSeconds(1));
        server.states().claim(key, 10);
        var late = MessageBatch.parse("{\"type\":\"message_batch\",\"id\":\"msgbatch_late\"}");

        assertThat(server.states().markRunning(before, late, false)).isEmpty();
        assertThat(server.states().returnToWaiting(before, "{}")).isEmpty();
        assertThat(server.states().fail(before, "{}")).isEmpty();
        assertThat(server.states().markUnresolved(before, "{}")).isEmpty();
        assertThat(server.state(id, 1)).isEqualTo(SENDING);
    }

    @Test
    default void resultsOfAnEarlierMessageBatchAreNotCounted() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        PartKey key = server.key(id, 1);
        server.states().claim(key, 10);
        server.states().markRunning(server.states().find(key).orElseThrow(), messageBatch("msgbatch_1"), false);
        PartSnapshot before = server.states().find(key).orElseThrow();
        server.states().markUnresolved(before, "{}");
        server.states().sendAgain(key, server.bean().followTask());
        world().advance(Duration.ofSeconds(1));
        server.states().claim(key, 10);
        server.states().markRunning(server.states().find(key).orElseThrow(), messageBatch("msgbatch_2"), false);

        assertThat(server.parts()
                        .results()
                        .end(
                                before,
                                new Counts(0, 1, 0, 0, 0),
                                Map.of("claude-a", new TokenUse(1, new Tokens(10, 10, 0, 0, 0))),
                                false,
                                Optional.empty(),
                                server.bean().followTask()))
                .isEmpty();

        assertThat(server.get(id).usage().models()).isEmpty();
    }

    private static MessageBatch messageBatch(String id) {
        return MessageBatch.parse("{\"type\":\"message_batch\",\"id\":\"" + id + "\"}");
    }

    @Test
    default void aDatabaseFailureAfterClaudeHasAcceptedCausesNoSecondBatch() throws Exception {
        try (BatchWorld real = world().real()) {
            var wire = new CuttableSource(real.source());
            BatchServer server = real.server(new Tuning(), real.through(wire));
            String id = server.submit("sim:batch_late_us=500000 batch_us=1000").id();
            var thread = new Thread(() -> {
                while (real.claude().batches().isEmpty()) {
                    Thread.onSpinWait();
                }
                wire.cut();
            });
            thread.start();

            assertThat(catchThrowableOfType(ClaudeException.class, () -> server.step(id, 1))
                            .status())
                    .isEqualTo(503);
            thread.join();
            wire.mend();

            assertThat(server.state(id, 1)).isEqualTo(SENDING);
            server.step(id, 1);
            assertThat(server.state(id, 1)).isEqualTo(RUNNING);
            assertThat(real.creations()).isEqualTo(1);
        }
    }

    @Test
    default void aLateMessageBatchIsCanceledUnlessAnotherServerHasFoundIt() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_us=3600000000").id();
        PartKey key = server.key(id, 1);
        var stalled = new PartFollower(
                server.parts(),
                new ClaudeClient() {
                    @Override
                    public ClaudeAnswer call(ClaudeCall call) {
                        ClaudeAnswer answer = world().client().call(call);
                        if (answer.asWhole().text().contains("in_progress")) {
                            server.step(id, 1); // another server, which presumes this one dead
                        }
                        return answer;
                    }
                },
                new Tuning().settings(),
                MemoryBudget.unlimited(),
                () -> 0,
                changed -> {});

        stalled.run(key);
        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
        assertThat(world().requests("POST", "/cancel")).isEmpty();

        String other = server.submit("sim:batch_us=3600000000").id();
        var givenUp = new PartFollower(
                server.parts(),
                new ClaudeClient() {
                    @Override
                    public ClaudeAnswer call(ClaudeCall call) {
                        ClaudeAnswer answer = world().client().call(call);
                        world().sql("update claude_batch_part set state = 'waiting' where state = 'sending'");
                        return answer;
                    }
                },
                new Tuning().settings(),
                MemoryBudget.unlimited(),
                () -> 0,
                changed -> {});
        givenUp.run(server.key(other, 1));
        assertThat(world().requests("POST", "/cancel")).hasSize(1);
    }

    @Test
    default void anAcceptedPartThatCouldNotBeStoredIsLookedUpBeforeItIsSentAgain() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        byte[] tooLong = ("{\"type\":\"message_batch\",\"id\":\"msgbatch_" + "x".repeat(200) + "\"}")
                .getBytes(StandardCharsets.UTF_8);
        var claude = new ClaudeClient() {
            @Override
            public ClaudeAnswer call(ClaudeCall call) {
                return new ClaudeAnswer.Whole(200, Map.of(), tooLong);
            }
        };
        var follower = new PartFollower(
                server.parts(), claude, new Tuning().settings(), MemoryBudget.unlimited(), () -> 0, changed -> {});

        assertThat(catchThrowableOfType(ClaudeException.class, () -> follower.run(server.key(id, 1)))
                        .status())
                .isEqualTo(500);

        assertThat(server.state(id, 1)).isEqualTo(SENDING);
    }

    @Test
    default void otherPartsOfThisServerAreNotMistakenForThePart() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("a", "sim:batch_lost=1").id();
        server.step(id, 1);
        server.step(id, 2);

        server.step(id, 2);

        assertThat(server.part(id, 2).messageBatch().orElseThrow().id())
                .isEqualTo(world().claude().batches().get(0));
    }

    @Test
    default void allPagesOfTheListAreSearched() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=1").id();
        server.step(id, 1);
        String own = world().claude().batches().get(0);
        for (int i = 0; i < 105; i++) {
            world().strangersBatch("a", "b");
        }

        server.step(id, 1);

        assertThat(server.part(id, 1).messageBatch().orElseThrow().id()).isEqualTo(own);
        assertThat(world().requests("GET", "/batches")).hasSize(2);
    }

    @Test
    default void aPersonChoosesBetweenTwoCandidates() {
        BatchServer server = world().server();
        String id = unresolved(server);
        List<String> alike = world().claude().batches();

        assertThat(server.part(id, 1).problem().orElseThrow())
                .contains(alike)
                .contains("/v1/batches/" + id + "/parts/1/resolve");
        assertThat(server.step(id, 1)).isEmpty();
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.SUBMITTING);
        Batch resolved = server.bean().resolve(id, 1, alike.get(1));

        assertThat(resolved.parts().get(0).state()).isEqualTo(RUNNING);
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
        assertThat(world().creations()).isEqualTo(2);
    }

    @Test
    default void aPersonMayDecideThatClaudeHasNoMessageBatch() {
        BatchServer server = world().server();
        String id = unresolved(server);

        assertThat(server.bean().resolve(id, 1, null).parts().get(0).state()).isEqualTo(WAITING);

        server.drive(id);
        assertThat(server.results(id)).containsOnlyKeys("r0");
        assertThat(world().claude().batches()).hasSize(3);
    }

    @Test
    default void aPersonCannotChooseAnImpossibleMessageBatch() {
        BatchServer server = world().server();
        String other = server.submit("hi").id();
        server.step(other, 1);
        String others = world().claude().batches().get(0);
        String id = unresolved(server);
        String larger = world().strangersBatch("a", "b");

        assertThat(refusal(() -> server.bean().resolve(id, 1, larger))).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal(() -> server.bean().resolve(id, 1, others))).isEqualTo(ErrorType.CONFLICT);
        assertThat(refusal(() -> server.bean().resolve(id, 1, "msgbatch_unknown")))
                .isEqualTo(ErrorType.NOT_FOUND);
        assertThat(refusal(() -> server.bean().resolve(id, 2, null))).isEqualTo(ErrorType.NOT_FOUND);
        assertThat(refusal(() -> server.bean().resolve(other, 1, null))).isEqualTo(ErrorType.CONFLICT);
        assertThat(refusal(() -> server.bean().resolve(other, 1, others))).isEqualTo(ErrorType.CONFLICT);
        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.state(other, 1)).isEqualTo(RUNNING);
    }

    private static ErrorType refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(ClaudeException.class, call).type();
    }

    /** Returns one of two message batches that cannot be distinguished. */
    private String unresolved(BatchServer server) {
        String id = server.submit("sim:batch_lost=1 times=1 key=k").id();
        server.step(id, 1);
        world().strangersBatch("r0");
        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        return id;
    }

    @Test
    default void partsOfOneSizeAreSentOneAfterTheOther() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("sim:batch_lost=1", "b").id();
        server.step(id, 1);

        assertThat(server.wait(id, 2)).isEqualTo(Duration.ofSeconds(5));

        assertThat(server.get(id).parts()).extracting(BatchPart::state).containsExactly(SENDING, WAITING);
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(2);
        assertThat(world().claude().batches()).hasSize(2);
    }

    @Test
    default void aCandidateMayBelongToAnotherPartOfTheSameSize() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("sim:batch_lost=1", "sim:batch_lost=before times=1 key=k")
                .id();
        server.step(id, 1);
        world().sql("update claude_batch_part set state = 'unresolved' where number = 1");
        server.step(id, 2);

        server.step(id, 2);

        assertThat(server.get(id).parts()).extracting(BatchPart::state).containsExactly(UNRESOLVED, UNRESOLVED);
        String one = world().claude().batches().get(0);
        assertThat(server.part(id, 2).problem().orElseThrow()).contains(one);
        server.bean().resolve(id, 1, one);
        server.bean().resolve(id, 2, null);
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(2);
        assertThat(world().claude().batches()).hasSize(2);
    }

    @Test
    default void aPartOfAnotherSizeIsNotACandidate() {
        BatchServer server = world().server(new Tuning().maxPartRequests(2));
        String id = server.submit("sim:batch_lost=1", "b", "sim:batch_lost=1").id();
        server.step(id, 1);
        server.step(id, 2);

        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(3);
        assertThat(world().claude().batches()).hasSize(2);
    }

    @Test
    default void aMessageBatchThatIsNotFoundYetIsWaitedFor() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_hidden_us=300000000").id();
        server.step(id, 1);

        server.step(id, 1);

        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
        assertThat(server.part(id, 1).problem()).isEmpty();
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
        assertThat(Duration.between(
                        server.part(id, 1).sentAt().orElseThrow(),
                        world().clock().instant()))
                .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(7));
    }

    @Test
    default void resultsThatAreNotFoundYetAreWaitedFor() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_results_hidden_us=300000000").id();

        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
        assertThat(server.changes())
                .extracting(batch -> batch.parts().get(0).state())
                .doesNotContain(UNRESOLVED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"batch_hidden_us", "batch_results_hidden_us"})
    default void aPartThatIsMissingForMoreThanTenMinutesNeedsAPerson(String what) {
        BatchServer server = world().server();
        String id = server.submit("sim:" + what + "=3600000000").id();

        server.drive(id);

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("not_found_error");
        assertThat(Duration.between(
                        server.part(id, 1).sentAt().orElseThrow(),
                        world().clock().instant()))
                .isBetween(Duration.ofMinutes(10), Duration.ofMinutes(13));
        world().advance(Duration.ofHours(1));
        server.bean().resolve(id, 1, world().claude().batches().get(0));
        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(1);
    }

    @Test
    default void twoShortAbsencesAreNotALongAbsence() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_us=3600000000").id();
        server.step(id, 1);
        PartKey key = server.key(id, 1);
        server.states().markMissing(key);
        world().advance(Duration.ofMinutes(9));
        server.step(id, 1);
        assertThat(server.states().find(key).orElseThrow().missingSince()).isEmpty();
    }

    @Test
    default void waitsGrowWithTheAgeOfAPart() {
        BatchServer server = world().server(new Tuning().poll(Duration.ofSeconds(5), Duration.ofSeconds(60)));
        String id = server.submit("sim:batch_us=3600000000").id();
        var waits = new ArrayList<Long>();

        for (int i = 0; i < 10; i++) {
            Duration wait = server.wait(id, 1);
            waits.add(wait.toMillis());
            world().advance(wait);
        }

        assertThat(waits)
                .containsExactly(5_000L, 5_000L, 5_000L, 7_500L, 11_250L, 16_875L, 25_312L, 37_968L, 56_952L, 60_000L);
    }

    @Test
    default void waitsAreShortenedByJitter() {
        BatchServer server = world().server(new Tuning().poll(Duration.ofSeconds(5), Duration.ofSeconds(60)), 1);
        String id = server.submit("sim:batch_us=3600000000").id();

        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofMillis(3_750));
        world().advance(Duration.ofMinutes(50));
        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofSeconds(45));
    }

    /** One character more than the column has. */
    @Test
    default void usageOfAModelWithALongNameIsAddedUp() {
        BatchServer server = world().server();
        String model = "m".repeat(256);
        String id = server.bean()
                .submit(Stream.of(BatchRequest.of("r0", model, 64, "hello")))
                .id();

        Batch batch = server.drive(id);

        assertThat(batch.usage().models())
                .extracting(BatchUsage.ModelUsage::model)
                .containsExactly(model.substring(1));
    }

    @Test
    default void aProblemOfAPollIsReportedAndRemovedLater() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_poll_status=529 retry_after=90 times=1 key=k")
                .id();
        server.step(id, 1);

        assertThat(server.wait(id, 1)).isEqualTo(Duration.ofSeconds(90));
        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("overloaded_error");
        server.drive(id);
        assertThat(server.part(id, 1).problem()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cut_mode=fin"})
    default void resultsThatBreakOffAreReadAgain(String mode) {
        BatchServer server = world().server();
        String id = server.submit(
                        "sim:batch_cut_at=4 times=2 key=k " + mode,
                        "sim:outcome=errored",
                        "b",
                        "sim:outcome=expired",
                        "c",
                        "d")
                .id();

        Batch batch = server.drive(id);

        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 4, 1, 0, 1));
        assertThat(batch.usage().models())
                .extracting(BatchUsage.ModelUsage::requests)
                .containsExactly(4L);
        assertThat(world().requests("GET", "/results")).hasSize(3);
        assertThat(server.changes())
                .anySatisfy(
                        change -> assertThat(change.parts().get(0).problem()).isPresent());
        assertThat(server.results(id)).hasSize(6);
    }

    @Test
    default void aLastLineWithoutALineEndIsAccepted() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_open_end=1", "sim:outcome=errored", "c")
                .id();

        Batch batch = server.drive(id);

        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 2, 1, 0, 0));
        assertThat(world().requests("GET", "/results")).hasSize(1);
        assertThat(server.results(id)).hasSize(3);
        assertThat(world().requests("GET", "/results")).hasSize(2);
    }

    @Test
    default void outcomesOfAnyKindAreStored() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().advance(Duration.ofMinutes(1));
        // The 64th character is the first half of a pair.
        String line =
                "{\"custom_id\":\"r0\",\"result\":{\"type\":\"errored\",\"error\":{\"error\":{\"type\":\"new\\u0000_"
                        + "x".repeat(58) + "\ud83d\ude00\"}}}}";

        follower(
                        server,
                        call -> call.request().kind() == RequestKind.GET_BATCH_RESULTS
                                ? download(line)
                                : world().client().call(call))
                .run(server.key(id, 1));

        assertThat(server.state(id, 1)).isEqualTo(ENDED);
        assertThat(server.get(id).requestCounts()).isEqualTo(new Counts(0, 0, 1, 0, 0));
    }

    @Test
    default void anIdThatIsNotPossibleHereNeedsAPerson() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().advance(Duration.ofMinutes(1));

        follower(
                        server,
                        call -> call.request().kind() == RequestKind.GET_BATCH_RESULTS
                                ? download("{\"custom_id\":\"r\\u0000\",\"result\":{\"type\":\"expired\"}}")
                                : world().client().call(call))
                .run(server.key(id, 1));

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
    }

    /**
     * For example an answer in an unknown content coding. A new attempt costs nothing, and somebody may have corrected
     * the cause.
     */
    @Test
    default void resultsThatCannotBeReadAtAllNeedAPersonAfterAnHour() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().advance(Duration.ofMinutes(1));
        PartFollower follower = follower(server, call -> {
            if (call.request().kind() == RequestKind.GET_BATCH_RESULTS) {
                throw ClaudeException.of(ErrorType.API, "cannot be decoded").withoutRetry();
            }
            return world().client().call(call);
        });

        assertThat(follower.run(server.key(id, 1))).isPresent();
        assertThat(server.state(id, 1)).isEqualTo(RUNNING);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("cannot be decoded");
        follower.run(server.key(id, 1));
        world().advance(Duration.ofMinutes(61));
        follower.run(server.key(id, 1));

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("cannot be decoded", "/resolve");
    }

    /** An error with HTTP 200 instead of results: its message and the next step are reported. */
    @Test
    default void anErrorInsteadOfResultsIsClaudesError() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().advance(Duration.ofMinutes(1));
        String error =
                "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"They are archived\"}}";
        PartFollower follower = follower(
                server,
                call -> call.request().kind() == RequestKind.GET_BATCH_RESULTS
                        ? new ClaudeAnswer.Download(
                                200, Map.of(), new ByteArrayInputStream(error.getBytes(StandardCharsets.UTF_8)))
                        : world().client().call(call));

        follower.run(server.key(id, 1));
        world().advance(PartFollower.MISSING.plusMinutes(1));
        follower.run(server.key(id, 1));

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.part(id, 1).problem().orElseThrow())
                .contains("not_found_error", "They are archived", "/resolve");
    }

    private PartFollower follower(BatchServer server, Function<ClaudeCall, ClaudeAnswer> claude) {
        var follower = new PartFollower(
                server.parts(),
                new ClaudeClient() {
                    @Override
                    public ClaudeAnswer call(ClaudeCall call) {
                        return claude.apply(call);
                    }
                },
                new Tuning().settings(),
                MemoryBudget.unlimited(),
                () -> 0,
                changed -> {});
        follower.setTask(server.bean().followTask());
        return follower;
    }

    private static ClaudeAnswer download(String lines) {
        return new ClaudeAnswer.Download(
                200, Map.of(), new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
    }

    private static ClaudeAnswer whole(String text) {
        return new ClaudeAnswer.Whole(200, Map.of(), text.getBytes(StandardCharsets.UTF_8));
    }

    /** A proxy, for example a cache, may return an answer twice. */
    @Test
    default void aMessageBatchOfAnotherPartNeedsAPerson() {
        BatchServer server = world().server();
        String first = server.submit("a").id();
        server.step(first, 1);
        MessageBatch known = server.part(first, 1).messageBatch().orElseThrow();
        String second = server.submit("b").id();

        assertThat(follower(server, call -> whole(known.json().toString())).run(server.key(second, 1)))
                .isEmpty();

        assertThat(server.state(second, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.part(second, 1).problem().orElseThrow())
                .contains(
                        known.id(),
                        "already belongs to part 1 of " + first + ". ",
                        "POST /v1/batches/" + second + "/parts/1/resolve");
        assertThat(server.state(first, 1)).isEqualTo(RUNNING);
        server.runHousekeeping();
        assertThat(server.step(second, 1)).isEmpty();
        assertThat(world().creations()).isEqualTo(1);
        assertThat(server.drive(first).status().hasEnded()).isTrue();

        server.bean().resolve(second, 1, null);
        server.drive(second);

        assertThat(server.results(second)).containsEntry("r0", "succeeded");
        assertThat(world().creations()).isEqualTo(2);
    }

    @Test
    default void theMessageDoesNotNameABatchOfAnotherCaller() {
        BatchServer server = world().server();
        String first = server.submit("a").id();
        server.step(first, 1);
        world().sql("update claude_batch set owner = 'somebody' where id = ?", first);
        MessageBatch known = server.part(first, 1).messageBatch().orElseThrow();
        String second = server.submit("b").id();

        follower(server, call -> whole(known.json().toString())).run(server.key(second, 1));

        assertThat(server.part(second, 1).problem().orElseThrow())
                .contains(known.id())
                .doesNotContain(first);
    }

    /** Another part gets it between the check and the choice. */
    @Test
    default void aMessageBatchThatAnotherPartGotMeanwhileCannotBeChosen() {
        BatchServer server = world().server();
        String id = unresolved(server);
        String first = server.submit("a").id();
        server.step(first, 1);
        MessageBatch known = server.part(first, 1).messageBatch().orElseThrow();

        assertThatThrownBy(() -> server.states()
                        .resolve(
                                server.states().find(server.key(id, 1)).orElseThrow(),
                                known,
                                server.bean().followTask()))
                .isInstanceOf(MessageBatchConflict.class);

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
    }

    @Test
    default void aMessageBatchWithoutAnIdIsLookedUp() {
        BatchServer server = world().server();
        String id = server.submit("a").id();

        follower(server, call -> whole("{\"type\":\"message_batch\",\"id\":\"\"}"))
                .run(server.key(id, 1));

        assertThat(server.state(id, 1)).isEqualTo(SENDING);
        assertThat(server.part(id, 1).messageBatch()).isEmpty();
    }

    @Test
    default void aDownloadThatBreaksOffIsResumed() {
        BatchServer server = world().server();
        String id =
                server.submit("sim:batch_cut_at=2 times=2 key=k", "b", "c", "d").id();
        server.step(id, 1);
        world().advance(Duration.ofSeconds(5));
        server.step(id, 1);
        server.step(id, 1);
        server.step(id, 1);

        assertThat(server.results(id)).hasSize(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hi", "sim:outcome=errored"})
    default void foreignResultsNeedAPerson(String prompt) {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=before times=1 key=k", "b").id();
        server.step(id, 1);
        String strangers = world().strangersBatchOf(prompt, "x", "y");
        server.step(id, 1);
        assertThat(server.state(id, 1)).isEqualTo(RUNNING);

        server.drive(id);

        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        assertThat(server.part(id, 1).problem().orElseThrow()).contains("do not belong to the requests of this part");
        assertThat(server.get(id).usage().models()).isEmpty();
        assertThat(server.part(id, 1).messageBatch().orElseThrow().id()).isEqualTo(strangers);
        server.bean().resolve(id, 1, null);
        assertThat(server.drive(id).requestCounts().processing()).isZero();
        assertThat(server.results(id)).containsOnlyKeys("r0", "r1");
    }

    @Test
    default void outcomesOfForeignResultsAreDeleted() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=before times=1 key=k", "b").id();
        server.step(id, 1);
        world().strangersBatchOf("sim:outcome=errored", "r1", "y");
        server.drive(id);
        assertThat(server.state(id, 1)).isEqualTo(UNRESOLVED);
        server.bean().resolve(id, 1, null);

        assertThat(server.drive(id).requestCounts().succeeded()).isEqualTo(2);

        assertThat(refusal(() -> server.bean().resubmit(id))).isEqualTo(ErrorType.INVALID_REQUEST);
    }

    @Test
    default void cancelingIsNotTheEnd() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_us=3600000000", "b").id();
        server.step(id, 1);

        Batch canceling = server.bean().cancel(id);

        assertThat(canceling.status()).isEqualTo(BatchStatus.CANCELING);
        assertThat(server.step(id, 1)).isPresent();
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.CANCELING);
        assertThat(server.part(id, 1).messageBatch().orElseThrow().processingStatus())
                .isEqualTo("canceling");
        assertThat(server.step(id, 1)).isPresent();
        Batch ended = server.drive(id);
        assertThat(ended.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(ended.requestCounts()).isEqualTo(new Counts(0, 0, 0, 2, 0));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "canceled", "r1", "canceled"));
        assertThat(world().requests("POST", "/cancel")).hasSize(1);
        assertThat(server.bean().cancel(id)).isEqualTo(ended);
    }

    @Test
    default void aWaitingPartThatIsCanceledIsNeverSent() {
        BatchServer server = world().server(new Tuning().maxPartRequests(1));
        String id = server.submit("sim:batch_us=3600000000", "b").id();
        server.step(id, 1);
        server.bean().cancel(id);

        Batch batch = server.drive(id);

        assertThat(batch.parts()).extracting(BatchPart::state).containsExactly(ENDED, CANCELED);
        assertThat(batch.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(batch.requestCounts()).isEqualTo(new Counts(0, 0, 0, 2, 0));
        assertThat(server.results(id)).isEqualTo(Map.of("r0", "canceled", "r1", "canceled"));
        assertThat(world().creations()).isEqualTo(1);
    }

    @Test
    default void aPartThatEndsBeforeItsCancellationHasEnded() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        server.step(id, 1);
        world().advance(Duration.ofSeconds(10));
        server.bean().cancel(id);

        Batch batch = server.drive(id);

        assertThat(batch.status()).isEqualTo(BatchStatus.ENDED);
        assertThat(batch.requestCounts().succeeded()).isEqualTo(1);
    }

    @Test
    default void aPartInDoubtThatIsCanceledIsFoundAndThenCanceled() {
        BatchServer server = world().server();
        String id = server.submit("sim:batch_lost=1 batch_us=3600000000").id();
        server.step(id, 1);
        server.bean().cancel(id);

        assertThat(server.drive(id).requestCounts().canceled()).isEqualTo(1);
        assertThat(world().requests("POST", "/cancel")).hasSize(1);
    }

    @Test
    default void aDeletedBatchIsDeletedAtClaudeToo() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        assertThat(refusal(() -> server.bean().delete(id))).isEqualTo(ErrorType.CONFLICT);
        server.drive(id);

        server.bean().delete(id);

        assertThat(server.bean().find(id)).isEmpty();
        assertThat(world().claude().batches()).isEmpty();
        assertThat(Stream.of("claude_batch", "claude_batch_part", "claude_batch_request", "claude_batch_usage")
                        .map(world()::rows))
                .containsOnly(0L);
        assertThat(refusal(() -> server.bean().delete(id))).isEqualTo(ErrorType.NOT_FOUND);
    }

    @Test
    default void aPartOfADeletedBatchIsNoLongerFollowed() {
        BatchServer server = world().server();
        String id = server.submit("hi").id();
        PartKey key = server.key(id, 1);
        server.drive(id);
        server.bean().delete(id);

        assertThat(server.states().find(key)).isEmpty();
    }
}
