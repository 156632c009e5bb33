package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

    private static final long HALF = 32 << 20;

    private final MemoryBudget budget = new MemoryBudget(2 * HALF);

    @Test
    void isGivenBackOnce() {
        Runnable first = budget.take(HALF);
        budget.take(HALF);
        assertThat(refusal().status()).isEqualTo(529);
        assertThat(refusal().retryAfter()).isPresent();

        first.run();
        first.run();

        budget.take(HALF);
        refusal();
    }

    @Test
    void smallOnesAreFree() {
        budget.take(2 * HALF);

        for (int i = 0; i < 1000; i++) {
            budget.take(MemoryBudget.SMALL - 1);
        }
    }

    @Test
    void oneThatIsLargerThanAllHasAll() {
        Runnable large = budget.take(100 * HALF);
        refusal();
        large.run();

        budget.take(HALF);
        budget.take(HALF);
    }

    private ClaudeException refusal() {
        ClaudeException refusal = catchThrowableOfType(ClaudeException.class, () -> budget.take(HALF));
        assertThat(refusal).isNotNull();
        return refusal;
    }
}
