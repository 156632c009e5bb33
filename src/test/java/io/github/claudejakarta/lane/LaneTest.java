package io.github.claudejakarta.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class LaneTest {

    @Test
    void slowOperationsAreRejectedOnlyInTheFastLane() {
        assertThatThrownBy(() -> Lane.FAST.requireSlow("PostgreSQL"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("@Slow(\"PostgreSQL\")");
        assertThatCode(() -> Lane.SLOW.requireSlow("PostgreSQL")).doesNotThrowAnyException();
        assertThatCode(() -> Lane.ANY.requireSlow("PostgreSQL")).doesNotThrowAnyException();
    }

    @Test
    void aTestThatIsNotSlowIsNotInTheSlowLane() {
        assertThat(Lane.current()).isNotEqualTo(Lane.SLOW);
    }

    @Slow("shows that the slow lane runs slow tests")
    @Test
    void aTestThatIsSlowIsNotInTheFastLane() {
        assertThat(Lane.current()).isNotEqualTo(Lane.FAST);
    }
}
