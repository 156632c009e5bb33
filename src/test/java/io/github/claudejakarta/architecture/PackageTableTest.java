package io.github.claudejakarta.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackageTableTest {

    @Test
    void aRowAllowsThePackagesThatItNames() {
        assertThat(table("| `c` | | `a`, `b` (its `d`) |").allowed("c")).containsExactly("a", "b");
        assertThat(table("| `c` | | nothing (`a` is below) |").allowed("c")).isEmpty();
        assertThat(table("| `c` | | all |").allowed("c")).containsExactly("a", "b", "d");
        assertThat(table("| `c` | | all but `d` |").allowed("c")).containsExactly("a", "b");
    }

    @Test
    void aRowThatCannotBeReadIsAnError() {
        assertThatThrownBy(() -> table("| `c` | | most |").allowed("c")).hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> table("| `c` | | `e` |").allowed("c")).hasMessageContaining("without a row");
        assertThatThrownBy(() -> table("| `a` | | nothing |")).hasMessageContaining("two rows for a");
    }

    @Test
    void aPackageWithoutARowMayUseNothing() {
        assertThat(table("| `c` | | all |").allowed("e")).isEmpty();
    }

    private static PackageTable table(String row) {
        var lines = new ArrayList<>(List.of("# A page", "| `c` | another table |", ""));
        lines.addAll(List.of("| package | what it holds | may use |", "|---|---|---|", "| `a` | | nothing |"));
        lines.addAll(List.of("| `b` | | nothing |", "| `d` | | nothing |", row, "", "| `a` | another table |"));
        return PackageTable.of(lines);
    }
}
