package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageTest {

    private final Message message = Message.parse("""
            {"model":"m","id":"msg_1","type":"message","role":"assistant","content":[
            {"type":"text","text":"Let me "},{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"look."},
            {"type":"tool_use","id":"t","name":"n","input":{}},{"type":"server_tool_use","id":"s","name":"n","input":{}}],
            "stop_reason":"tool_use","stop_sequence":null,"stop_details":null,"usage":{"output_tokens":5},
            "container":{"id":"c"},"mood":"fine"}""");

    @Test
    void readsIdModelAndRole() {
        assertThat(message.id()).isEqualTo("msg_1");
        assertThat(message.model()).isEqualTo("m");
        assertThat(message.role()).isEqualTo("assistant");
        assertThat(message.content()).hasSize(5);
        assertThat(message.usage().outputTokens()).isEqualTo(5);
        assertThat(message.container().orElseThrow().getString("id")).isEqualTo("c");
    }

    @Test
    void textJoinsAllTextBlocks() {
        assertThat(message.text()).isEqualTo("Let me look.");
    }

    @Test
    void toolUsesAreTheCallsForTheApplication() {
        assertThat(message.toolUses()).extracting(ContentBlock.ToolCall::id).containsExactly("t");
    }

    @Test
    void unknownStopReasonsAreValues() {
        assertThat(message.stopReason()).contains(StopReason.TOOL_USE);
        assertThat(Message.parse("{\"stop_reason\":\"budget_exhausted\"}").stopReason())
                .contains(new StopReason("budget_exhausted"));
    }

    @Test
    void aRefusalHasDetails() {
        var refused = Message.parse("""
                {"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":null}}""");

        var details = refused.stopDetails().orElseThrow();
        assertThat(details.type()).isEqualTo("refusal");
        assertThat(details.category()).contains("bio");
        assertThat(details.explanation()).isEmpty();
        assertThat(message.stopDetails()).isEmpty();
    }

    @Test
    void absentFieldsAreEmpty() {
        var empty = Message.parse("{\"content\":\"text\"}");

        assertThat(empty.id()).isEmpty();
        assertThat(empty.content()).isEmpty();
        assertThat(empty.text()).isEmpty();
        assertThat(empty.stopReason()).isEmpty();
        assertThat(empty.stopSequence()).isEmpty();
        assertThat(empty.usage().outputTokens()).isZero();
        assertThat(empty.container()).isEmpty();
    }

    @Test
    void returnsTheReceivedJson() {
        var text =
                "{\"b\":1,\"a\":[1.50,1E+2,true,null,\"\\u0007 \\\\ é\"],\"content\":[{\"type\":\"hologram\",\"x\":{}}]}";

        assertThat(Message.parse(text).json()).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{} x", "null"})
    void rejectsTextThatIsNotAnObject(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Message.parse(text));
    }
}
