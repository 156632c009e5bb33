package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.WholeBody;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BodyReservationTest {

    private static final int HALF = 3 << 20;
    /** Large requests may use three quarters of it. */
    private final MemoryBudget budget = new MemoryBudget(8 << 20);

    @Test
    void isReleasedOnce() {
        BodyReservation first = reserve(HALF);
        reserve(HALF);
        assertThat(refusal(HALF).status()).isEqualTo(529);
        assertThat(refusal(HALF).retryAfter()).isPresent();

        first.close();
        first.close();

        reserve(HALF);
        refusal(HALF);
    }

    @Test
    void aQuarterIsForSmallRequests() {
        reserve(2 * HALF);
        int small = (int) MemoryBudget.SMALL - 1;

        List<BodyReservation> reservations = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            reservations.add(reserve(small));
        }

        refusal(small);
        reservations.get(0).close();
        reserve(small);
    }

    @Test
    void aRequestLargerThanTheBudgetGetsTheShareOfLargeRequests() {
        BodyReservation large = reserve(100 * HALF);
        refusal(HALF);
        large.close();

        reserve(HALF);
        reserve(HALF);
    }

    @Test
    void aBodyOfUnknownLengthReservesOnlyTheReceivedBytes() throws Exception {
        var growing = new BodyReservation(budget);

        assertThat(WholeBody.read(new ByteArrayInputStream(new byte[1 << 20]), -1, 2 * HALF, growing))
                .hasSize(1 << 20);

        assertThat(budget.reserved()).isEqualTo(1 << 20);
        reserve(5 << 20);
        refusal(MemoryBudget.SMALL);
    }

    @Test
    void aBodyThatExceedsTheMemoryIsRejectedAndReleasesEverything() {
        reserve(HALF);
        var growing = new BodyReservation(budget);

        ClaudeException refusal = catchThrowableOfType(
                ClaudeException.class,
                () -> WholeBody.read(new ByteArrayInputStream(new byte[2 * HALF]), -1, 2 * HALF, growing));

        assertThat(refusal.status()).isEqualTo(529);
        growing.close();
        assertThat(budget.reserved()).isEqualTo(HALF);
    }

    @Test
    void aSmallBodyOfUnknownLengthReservesLittle() throws Exception {
        reserve(2 * HALF);

        assertThat(WholeBody.read(new ByteArrayInputStream(new byte[1000]), -1, HALF, new BodyReservation(budget)))
                .hasSize(1000);

        for (int i = 0; i < 7; i++) {
            reserve((int) MemoryBudget.SMALL - 1);
        }
    }

    @Test
    void theReservationShrinks() {
        BodyReservation reservation = reserve(2 * HALF);

        reservation.atMost(HALF);

        assertThat(budget.reserved()).isEqualTo(HALF);
        reservation.atMost(2 * HALF);
        assertThat(budget.reserved()).as("a limit reserves no memory").isEqualTo(HALF);
        reservation.exactly(1);
        assertThat(budget.reserved()).isEqualTo(1);
    }

    /** An answer is paid for, so it waits until other requests release memory. */
    @Test
    void anAnswerWaitsForMemory() throws Exception {
        BodyReservation large = reserve(2 * HALF);
        var answer = new BodyReservation(budget);
        var waiting = new Thread(() -> answer.waiting().exactly(HALF));
        waiting.start();
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }

        large.close();
        waiting.join(10_000);

        assertThat(budget.reserved()).isEqualTo(HALF);
    }

    @Test
    void anAnswerDoesNotWaitForever() {
        reserve(2 * HALF);

        ClaudeException refusal = catchThrowableOfType(
                ClaudeException.class, () -> new BodyReservation(budget).awaitAtLeast(HALF, Duration.ofMillis(1)));

        assertThat(refusal.status()).isEqualTo(529);
        assertThat(budget.reserved()).isEqualTo(2 * HALF);
    }

    @Test
    void aReservationThatIsHandedOverOutlivesTheRequest() {
        BodyReservation handedOver = reserve(2 * HALF);
        HttpServletRequest first = Requests.get("/v1/messages");
        ServedRequest.of(first).closeAtEnd(handedOver);
        ServedRequest.of(first).handOver(handedOver);
        ServedRequest.leave(first);
        refusal(HALF);
        handedOver.close();

        HttpServletRequest second = Requests.get("/v1/messages");
        ServedRequest.of(second).closeAtEnd(reserve(2 * HALF));
        ServedRequest.leave(second);
        reserve(2 * HALF);
    }

    /** A late reservation of a request that has ended would never be released. */
    @Test
    void aClosedReservationReservesNothing() {
        BodyReservation ended = reserve(HALF);
        ended.close();
        ended.atLeast(2 * HALF);

        reserve(2 * HALF);
    }

    private BodyReservation reserve(int bytes) {
        var reservation = new BodyReservation(budget);
        reservation.atLeast(bytes);
        return reservation;
    }

    private ClaudeException refusal(long bytes) {
        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, () -> reserve((int) bytes));
        assertThat(refusal).isNotNull();
        return refusal;
    }
}
