package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import org.junit.jupiter.api.Test;

class SocketQuotaTest {

    private final SocketQuota quota = new SocketQuota(3, 2);

    private void assertRefused(String caller, ErrorType type) {
        assertThatThrownBy(() -> quota.take(caller))
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e.type()).isEqualTo(type));
    }

    @Test
    void aCallerHasAShare() {
        Runnable first = quota.take("alice");
        quota.take("alice");
        assertRefused("alice", ErrorType.RATE_LIMIT);
        quota.take("bob");
        first.run();
        quota.take("alice");
    }

    @Test
    void allHaveALimit() {
        quota.take("alice");
        quota.take("alice");
        Runnable third = quota.take("bob");
        assertRefused("carol", ErrorType.OVERLOADED);
        third.run();
        third.run();
        quota.take("carol");
        assertRefused("carol", ErrorType.OVERLOADED);
    }
}
