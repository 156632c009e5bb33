package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import org.junit.jupiter.api.Test;

class SocketQuotaTest {

    private final SocketQuota quota = new SocketQuota(3, 2);

    private void assertRejected(String caller, ErrorType type) {
        assertThatThrownBy(() -> quota.acquire(caller))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(type));
    }

    @Test
    void aCallerHasAShare() {
        Runnable first = quota.acquire("alice");
        quota.acquire("alice");
        assertRejected("alice", ErrorType.RATE_LIMIT);
        quota.acquire("bob");
        first.run();
        quota.acquire("alice");
    }

    @Test
    void theTotalIsLimited() {
        quota.acquire("alice");
        quota.acquire("alice");
        Runnable third = quota.acquire("bob");
        assertRejected("carol", ErrorType.OVERLOADED);
        third.run();
        third.run();
        quota.acquire("carol");
        assertRejected("carol", ErrorType.OVERLOADED);
    }
}
