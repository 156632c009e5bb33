package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link BatchStatus} and {@link PartState}, as the API and the database spell them. */
class StatesTest {

    @ParameterizedTest
    @CsvSource({
        "RECEIVING,receiving,false",
        "SUBMITTING,submitting,false",
        "IN_PROGRESS,in_progress,false",
        "CANCELING,canceling,false",
        "ENDED,ended,true",
        "FAILED,failed,true"
    })
    void ofABatch(BatchStatus status, String text, boolean hasEnded) {
        assertThat(status).hasToString(text);
        assertThat(BatchStatus.of(text)).isEqualTo(status);
        assertThat(status.hasEnded()).isEqualTo(hasEnded);
    }

    @ParameterizedTest
    @CsvSource({
        "WAITING,waiting,false",
        "SENDING,sending,false",
        "UNRESOLVED,unresolved,false",
        "RUNNING,running,false",
        "ENDED,ended,true",
        "FAILED,failed,true",
        "CANCELED,canceled,true"
    })
    void ofAPart(PartState state, String text, boolean hasEnded) {
        assertThat(state).hasToString(text);
        assertThat(PartState.of(text)).isEqualTo(state);
        assertThat(state.hasEnded()).isEqualTo(hasEnded);
    }

    @Test
    void doNotDependOnTheLanguage() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("tr"));

            assertThat(Arrays.stream(BatchStatus.values()).map(Object::toString))
                    .contains("in_progress", "submitting");
            assertThat(PartState.of("waiting")).isEqualTo(PartState.WAITING);
        } finally {
            Locale.setDefault(before);
        }
    }

    @ParameterizedTest
    @EnumSource(PartState.class)
    void havePublicNamesInLowerCase(PartState state) {
        assertThat(state.toString()).matches("[a-z_]+");
    }

    @Test
    void thatAreUnknownAreRejected() {
        assertThatIllegalArgumentException().isThrownBy(() -> BatchStatus.of("paused"));
        assertThatIllegalArgumentException().isThrownBy(() -> PartState.of("paused"));
    }
}
