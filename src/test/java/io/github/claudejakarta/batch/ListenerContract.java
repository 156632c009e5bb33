package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Listeners of the application are called for each end of a batch. Attempts and failures are tested with jobs. */
interface ListenerContract {

    BatchWorld world();

    private BatchServer calling(List<String> calls) {
        return world().server().calling(Map.of("one", batch -> calls.add(batch.id() + " " + batch.requestCounts())));
    }

    @Test
    default void aListenerIsCalledOnceForEachEnd() {
        var calls = new ArrayList<String>();
        BatchServer server = calling(calls);
        String id = server.submit("sim:outcome=expired times=1 key=a", "b").id();
        assertThat(server.callAll()).isZero();

        String first = server.drive(id).requestCounts().toString();
        assertThat(server.callAll()).isEqualTo(1);
        assertThat(server.callAll()).isZero();
        server.bean().resubmit(id);
        assertThat(server.callAll()).isZero();
        String second = server.drive(id).requestCounts().toString();
        assertThat(server.callAll()).isEqualTo(1);

        assertThat(calls).containsExactly(id + " " + first, id + " " + second);
        assertThat(world().rows("claude_listener_call")).isZero();
    }

    @Test
    default void aBatchThatRunsAgainIsReportedWhenItHasEndedAgain() {
        var calls = new ArrayList<String>();
        BatchServer server = calling(calls);
        String id = server.submit("sim:outcome=expired times=1 key=a").id();
        server.drive(id);
        server.bean().resubmit(id);

        server.callAll();
        assertThat(calls).isEmpty();
        server.drive(id);
        server.callAll();

        assertThat(calls).hasSize(1);
    }

    @Test
    default void callsAreDeletedWithTheBatch() {
        var calls = new ArrayList<String>();
        BatchServer server = calling(calls);
        String id = server.submit("a").id();
        server.drive(id);

        server.bean().delete(id);

        assertThat(server.callAll()).isZero();
        assertThat(calls).isEmpty();
    }
}
