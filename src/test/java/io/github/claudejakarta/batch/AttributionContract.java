package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.RequestKind;
import io.github.claudejakarta.claude.http.ClaudeAnswer;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.runtime.MemoryBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** All reports of a batch name its owner: calls to Claude, parts that ended, parts that wait for a person. */
interface AttributionContract {

    BatchWorld world();

    private static Batch submit(BatchServer server, String owner, String... prompts) {
        return server.bean()
                .submitFor(
                        BatchServer.submitter(owner, null),
                        () -> RequestReader.of(BatchServer.requests(prompts).iterator(), MessageDefaults.NONE));
    }

    @Test
    default void everyCallToClaudeNamesTheOwner() {
        BatchServer server = world().server();
        String lost = submit(server, "teller", "sim:batch_lost=1 times=1 key=attribution")
                .id();
        server.step(lost, 1);
        world().strangersBatch("r0");
        List<ClaudeCall> calls = world().client().calls();
        ClaudeCall strangers = calls.get(calls.size() - 1);
        server.step(lost, 1);
        assertThat(server.state(lost, 1)).isEqualTo(PartState.UNRESOLVED);
        server.bean().resolve(lost, 1, world().claude().batches().get(0));
        server.drive(lost);
        server.results(lost);
        server.bean().delete(lost);
        String canceled = submit(server, "teller", "hi").id();
        server.step(canceled, 1);
        server.bean().cancel(canceled);
        server.step(canceled, 1);

        List<ClaudeCall> ours = calls.stream().filter(call -> call != strangers).toList();
        assertThat(ours).extracting(call -> call.request().caller()).containsOnly("teller");
        assertThat(ours)
                .extracting(call -> call.method() + " " + call.template())
                .as("every kind of call")
                .contains(
                        "POST /v1/messages/batches",
                        "GET /v1/messages/batches",
                        "GET /v1/messages/batches/{id}",
                        "GET /v1/messages/batches/{id}/results",
                        "POST /v1/messages/batches/{id}/cancel",
                        "DELETE /v1/messages/batches/{id}");
    }

    @Test
    default void aPartThatEndedIsReportedOnceWithItsUsage() {
        BatchServer server = world().server();
        String id = submit(server, "teller", "hi", "sim:outcome=errored").id();
        server.step(id, 1);
        assertThat(server.endedParts()).isEmpty();

        server.drive(id);
        server.step(id, 1);

        Tokens used = server.get(id).usage().tokens();
        assertThat(used.output()).isPositive();
        assertThat(server.endedParts()).singleElement().satisfies(part -> {
            assertThat(part.batch().owner()).isEqualTo("teller");
            assertThat(part.number()).isEqualTo(1);
            assertThat(part.used()).isEqualTo(Map.of(BatchServer.MODEL, used));
        });
    }

    @Test
    default void aPartThatAnotherServerEndedIsReportedOnlyThere() {
        BatchServer server = world().server();
        String id = submit(server, "teller", "hi").id();
        server.step(id, 1);
        List<PartEnded> reported = new ArrayList<>();
        var stalled = new PartFollower(
                server.parts(),
                new ClaudeClient() {
                    @Override
                    public ClaudeAnswer call(ClaudeCall call) {
                        if (call.request().kind() == RequestKind.GET_BATCH_RESULTS) {
                            server.step(id, 1); // another server, which presumes this one dead
                        }
                        return world().client().call(call);
                    }
                },
                new Tuning().settings(),
                MemoryBudget.unlimited(),
                () -> 0,
                changed -> {});
        stalled.setTask(server.bean().followTask());
        stalled.setPartObserver(reported::add);

        for (int polls = 0; polls < 10 && server.state(id, 1) != PartState.ENDED; polls++) {
            stalled.run(server.key(id, 1));
            world().advance(Duration.ofMinutes(1));
        }

        assertThat(server.endedParts()).hasSize(1);
        assertThat(reported).isEmpty();
    }

    @Test
    default void unresolvedPartsAreCounted() {
        BatchServer server = world().server();
        String id =
                submit(server, "teller", "sim:batch_lost=1 times=1 key=counted").id();
        server.step(id, 1);
        world().strangersBatch("r0");
        assertThat(server.bean().unresolvedParts()).isZero();

        server.step(id, 1);
        assertThat(server.bean().unresolvedParts()).isEqualTo(1);

        server.bean().resolve(id, 1, null);
        assertThat(server.bean().unresolvedParts()).isZero();
    }
}
