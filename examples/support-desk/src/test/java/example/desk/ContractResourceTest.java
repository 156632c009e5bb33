package example.desk;

import static io.github.claudejakarta.testing.ClaudeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.Prices;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.testing.ClaudeSimulator;
import java.math.BigDecimal;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ClaudeSimulator(properties = {"claude.default-model=claude-opus-5-5", "claude.default-max-tokens=1000"})
class ContractResourceTest {

    private static final byte[] PDF = "%PDF-1.7".getBytes();

    private final ContractResource contracts = new ContractResource();

    @BeforeEach
    void inject(ClaudeStreamingBean claude) {
        contracts.claude = claude;
        contracts.prices =
                new Prices(Map.of("claude-opus-5-5", Prices.Price.of(new BigDecimal(5), new BigDecimal(25))));
    }

    @Test
    void aQuestionIsAnsweredWithItsCost(Simulator simulator) {
        simulator.enqueue(Reply.text("Three months."));

        ContractResource.Finding finding = contracts
                .ask("How long is the notice period?", PDF)
                .toCompletableFuture()
                .join();

        assertThat(finding.message()).isComplete().hasText("Three months.");
        assertThat(finding.cost()).isPresent();
        assertThat(simulator.messages().get(0).json().toString()).contains("application/pdf", "ephemeral", "How long");
    }

    @Test
    void anOverloadedClaudeIsAFailureOfItsKind(Simulator simulator) {
        simulator.answerWith(request -> Reply.error(529));

        assertThatThrownBy(() -> contracts.ask("?", PDF).toCompletableFuture().join())
                .cause()
                .isInstanceOfSatisfying(
                        ClaudeException.class, e -> assertThat(e).hasKind(ErrorKind.REFUSED));
    }

    @Test
    void tokensAreCounted() {
        assertThat(contracts.countTokens("How long is the notice period?", PDF)).isPositive();
        assertThat(contracts.models()).isNotEmpty();
    }
}
