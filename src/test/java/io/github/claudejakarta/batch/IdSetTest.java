package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdSetTest {

    @Test
    void anIdIsNewOnce() {
        var set = new IdSet();

        assertThat(set.add("a")).isTrue();
        assertThat(set.add("a")).isFalse();
        assertThat(set.size()).isEqualTo(1);
    }

    @Test
    void containsOnlyTheAddedIds() {
        var set = IdSet.of(List.of("a", "b", "a"));

        assertThat(set.contains("a")).isTrue();
        assertThat(set.contains("b")).isTrue();
        assertThat(set.contains("c")).isFalse();
        assertThat(set.size()).isEqualTo(2);
    }

    @Test
    void anEmptySetContainsNoId() {
        assertThat(new IdSet().contains("a")).isFalse();
        assertThat(new IdSet().size()).isZero();
    }

    @Slow("many requests")
    @ParameterizedTest
    @ValueSource(
            strings = {"", "row-", "00000000-0000-4000-8000-", "a_very_long_beginning_that_all_of_them_have_in_common_"
            })
    void distinguishesAHundredThousandIds(String beginning) {
        var set = new IdSet();
        var ids = IntStream.range(0, 100_000).mapToObj(i -> beginning + i).toList();

        assertThat(ids).allMatch(set::add);
        assertThat(set.size()).isEqualTo(100_000);
        assertThat(ids).allMatch(set::contains).noneMatch(set::add);
        assertThat(set.size()).isEqualTo(100_000);
        assertThat(IntStream.range(100_000, 200_000).mapToObj(i -> beginning + i))
                .noneMatch(set::contains);
    }

    @Test
    void keepsItsIdsWhileItGrows() {
        var set = new IdSet();
        for (int i = 0; i < 1_000; i++) {
            set.add("id-" + i);
            assertThat(set.contains("id-0") && set.contains("id-" + i / 2) && set.contains("id-" + i))
                    .as("after %d", i)
                    .isTrue();
        }
    }

    @Test
    void theOrderOfLettersMatters() {
        var set = IdSet.of(List.of("ab", "abc", "-a", "a_b"));

        assertThat(List.of("ba", "acb", "cba", "a-", "b_a", "", "a")).noneMatch(set::contains);
    }
}
