package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.WorkerThreads;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServedRequestTest {

    private final HttpServletRequest servlet = Requests.get("/v1/models");
    private final List<String> ended = new ArrayList<>();

    @AfterEach
    void leave() {
        ServedRequest.leave(servlet);
        assertThat(ServedRequest.current()).isEmpty();
    }

    @Test
    void endsWhenTheContainersThreadLeaves() {
        ServedRequest served = begin();

        assertThat(ServedRequest.current()).contains(served);
        assertThat(ServedRequest.of(servlet)).isSameAs(served);
        assertThat(ended).isEmpty();

        ServedRequest.leave(servlet);
        assertThat(ServedRequest.current()).isEmpty();
        assertThat(ended).containsExactly("ended");
    }

    @Test
    void endsWhenTheLastTaskHasEnded() {
        ServedRequest served = begin();
        var seen = new ArrayList<ServedRequest>();
        Runnable first = ServedRequest.withRequest(() -> ServedRequest.current().ifPresent(seen::add));
        Runnable second =
                ServedRequest.withRequest(() -> ServedRequest.current().ifPresent(seen::add));
        ServedRequest.leave(servlet);

        first.run();
        assertThat(ended).isEmpty();
        second.run();

        assertThat(ended).containsExactly("ended");
        assertThat(seen).containsExactly(served, served);
    }

    /** A task of a task may end after it. */
    @Test
    void isPassedOnByTasks() {
        begin();
        var next = new ArrayList<Runnable>();
        Runnable first = ServedRequest.withRequest(() -> next.add(ServedRequest.withRequest(() -> {})));
        ServedRequest.leave(servlet);

        first.run();
        assertThat(ended).isEmpty();

        next.get(0).run();
        assertThat(ended).containsExactly("ended");
    }

    @Test
    void aRejectedTaskReleasesIt() {
        begin();
        Runnable task = ServedRequest.withRequest(() -> {});
        ServedRequest.leave(servlet);
        assertThat(ended).isEmpty();

        WorkerThreads.reject(task);

        assertThat(ended).containsExactly("ended");
    }

    @Test
    void aTaskThatFailsEndsIt() {
        begin();
        Runnable task = ServedRequest.withRequest(() -> {
            throw new IllegalStateException("fails");
        });
        ServedRequest.leave(servlet);

        try {
            task.run();
        } catch (IllegalStateException e) {
            ended.add(e.getMessage());
        }

        assertThat(ended).containsExactly("ended", "fails");
        assertThat(ServedRequest.current()).isEmpty();
    }

    @Test
    void aTaskWithoutARequestIsUnchanged() {
        Runnable task = () -> {};

        assertThat(ServedRequest.withRequest(task)).isSameAs(task);
    }

    /** As Liberty does around an error of asynchronous processing. */
    @Test
    void mayBeBegunAndLeftTwice() {
        ServedRequest served = begin();
        Runnable task = ServedRequest.withRequest(() -> {});
        ServedRequest.leave(servlet);

        assertThat(ServedRequest.begin(servlet)).isSameAs(served);
        ServedRequest.leave(servlet);

        assertThat(ServedRequest.current()).isEmpty();
        assertThat(ended).isEmpty();
        task.run();
        assertThat(ended).containsExactly("ended");
    }

    /** Some containers wait for the end of asynchronous processing. */
    @Test
    void anotherThreadMayReportItsEnd() throws Exception {
        ServedRequest served = begin();
        var after = new ArrayList<ServedRequest>();
        var thread = new Thread(ServedRequest.withRequest(() -> {
            ServedRequest.leave(servlet);
            ServedRequest.current().ifPresent(after::add);
        }));
        thread.start();
        thread.join();

        assertThat(after).as("the task still serves the request").containsExactly(served);
        assertThat(ended).containsExactly("ended");
    }

    @Test
    void anActionAddedAfterItsEndRunsImmediately() {
        ServedRequest served = begin();
        ServedRequest.leave(servlet);

        served.onEnd(() -> ended.add("late"));

        assertThat(ended).containsExactly("ended", "late");
    }

    @Test
    void aFailingActionDoesNotPreventOthers() {
        ServedRequest served = begin();
        served.onEnd(() -> {
            throw new IllegalStateException("an action of a test");
        });
        served.onEnd(() -> ended.add("last"));

        ServedRequest.leave(servlet);

        assertThat(ended).containsExactly("ended", "last");
    }

    @Test
    void isOpenUntilItsEnd() {
        var open = new OpenRequests();
        ServedRequest served = begin();
        open.add(served);
        open.add(served);
        Runnable task = ServedRequest.withRequest(() -> {});
        ServedRequest.leave(servlet);
        assertThat(open.count()).isEqualTo(1);

        task.run();
        assertThat(open.count()).isZero();

        open.add(served);
        assertThat(open.count()).as("a request that has ended").isZero();
    }

    @Test
    void aShutdownStopsRequestsThatItWaitsFor() {
        ServedRequest served = begin();
        var stopped = new ArrayList<ClaudeException>();
        ClaudeException why = Shutdown.refusal();
        Runnable answered = served.onStop(stopped::add);
        served.onStop(stopped::add);
        answered.run();

        served.stop(why);
        assertThat(stopped).containsExactly(why);

        served.onStop(stopped::add);
        assertThat(stopped).containsExactly(why, why);
    }

    private ServedRequest begin() {
        ServedRequest served = ServedRequest.begin(servlet);
        served.onEnd(() -> ended.add("ended"));
        return served;
    }
}
