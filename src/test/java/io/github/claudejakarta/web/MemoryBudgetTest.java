package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link MemoryBudget} by way of the {@link BodyRoom}s that take it. */
class MemoryBudgetTest {

    private static final int HALF = 3 << 20;
    /** Large ones have three quarters of it. */
    private final MemoryBudget budget = new MemoryBudget(8 << 20);

    @Test
    void isGivenBackOnce() {
        BodyRoom first = room(HALF);
        room(HALF);
        assertThat(refusal(HALF).status()).isEqualTo(529);
        assertThat(refusal(HALF).retryAfter()).isPresent();

        first.giveBack();
        first.giveBack();

        room(HALF);
        refusal(HALF);
    }

    @Test
    void aQuarterIsForSmallOnes() {
        room(2 * HALF);
        int small = (int) MemoryBudget.SMALL - 1;

        List<BodyRoom> rooms = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            rooms.add(room(small));
        }

        refusal(small);
        rooms.get(0).giveBack();
        room(small);
    }

    @Test
    void oneThatIsLargerThanAllHasAllThatLargeOnesMayHave() {
        BodyRoom large = room(100 * HALF);
        refusal(HALF);
        large.giveBack();

        room(HALF);
        room(HALF);
    }

    @Test
    void oneOfUnknownLengthTakesWhatHasCome() throws Exception {
        var growing = new BodyRoom(budget);
        try (var body = growing.growing(new ByteArrayInputStream(new byte[HALF]))) {
            assertThat(body.readNBytes(1 << 20)).hasSize(1 << 20);
            room((5 << 20));
            assertThat(body.read()).isZero();
        } catch (ClaudeException e) {
            assertThat(e.status()).isEqualTo(529);
            growing.giveBack();
            room(1 << 20);
            refusal(MemoryBudget.SMALL);
            return;
        }
        throw new AssertionError("more than there is was read");
    }

    @Test
    void aSmallOneOfUnknownLengthTakesLittle() throws Exception {
        room(2 * HALF);
        try (var body = new BodyRoom(budget).growing(new ByteArrayInputStream(new byte[1000]))) {
            assertThat(body.readAllBytes()).hasSize(1000);
        }
        for (int i = 0; i < 7; i++) {
            room((int) MemoryBudget.SMALL - 1);
        }
    }

    @Test
    void whatIsTakenOverOutlivesTheRequest() {
        BodyRoom kept = room(2 * HALF).takeOver();
        kept.endWithRequest();
        refusal(HALF);
        kept.giveBack();

        BodyRoom ended = room(2 * HALF);
        ended.endWithRequest();
        room(2 * HALF);
    }

    /** What comes late, of a request that is over, is nobody's to give back. */
    @Test
    void afterItWasGivenBackNothingIsTaken() {
        BodyRoom over = room(HALF);
        over.giveBack();
        over.atLeast(2 * HALF);

        room(2 * HALF);
    }

    private BodyRoom room(int bytes) {
        var room = new BodyRoom(budget);
        room.atLeast(bytes);
        return room;
    }

    private ClaudeException refusal(long bytes) {
        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, () -> room((int) bytes));
        assertThat(refusal).isNotNull();
        return refusal;
    }
}
