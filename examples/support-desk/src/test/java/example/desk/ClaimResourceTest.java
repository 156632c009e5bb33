package example.desk;

import static io.github.claudejakarta.testing.ClaudeAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import io.github.claudejakarta.testing.ClaudeSimulator;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@ClaudeSimulator(properties = {"claude.default-model=claude-opus-5-5", "claude.default-max-tokens=1000"})
class ClaimResourceTest {

    @Test
    void claudeProposesAnEntry(Simulator simulator, ClaudeStreamingBean claude) {
        ClaimResource claims = new ClaimResource();
        claims.claude = claude;
        claims.departmentKey = Optional.of("sk-of-the-claims-department");
        simulator.enqueue(Reply.toolUse("register", "{\"damage\": \"broken chip\"}"));

        Message message = claims.propose(new byte[] {(byte) 0xff, (byte) 0xd8});

        assertThat(message).usedTool("register");
        assertThat(message.toolUses().get(0).input().getString("damage")).isEqualTo("broken chip");
        assertThat(simulator.messages().get(0).json().toString())
                .contains("\"image/jpeg\"", "\"1h\"", "\"A note of the desk\"", "\"desk-1\"");
    }
}
