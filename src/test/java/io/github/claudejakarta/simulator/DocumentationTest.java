package io.github.claudejakarta.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The tables of docs/simulator.md are complete. */
class DocumentationTest {

    @Test
    void everyDirectiveAndEveryModelIsDocumented() throws Exception {
        var page = Files.readString(Path.of("docs/simulator.md"));

        assertThat(Directives.FAULTS).allMatch(name -> page.contains("`" + name + "="));
        assertThat(Directives.SHAPES).allMatch(name -> page.contains("`" + name + "="));
        assertThat(Directives.BATCH).allMatch(name -> page.contains("`" + name + "="));
        assertThat(ScriptedModel.values())
                .allMatch(model -> page.contains("| `" + model.id() + "` | `" + model.description() + "` |"));
    }
}
