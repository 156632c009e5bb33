package example.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.testing.ClaudeSimulator;
import org.junit.jupiter.api.Test;

@ClaudeSimulator
class ConversationResourceTest {

    @Test
    void theNextQuestionIsSentWithAllEarlierMessages(Simulator simulator, ConversationManagerBean conversations) {
        ConversationResource resource = new ConversationResource();
        resource.conversations = conversations;
        String id = conversations
                .start(MessageRequest.builder("claude-opus-5-5", 1000))
                .id();
        simulator.enqueue(Reply.text("By phone."), Reply.text("Around the clock."));

        assertThat(resource.answer(id, "How do I block my card?")).isEqualTo("By phone.");
        assertThat(resource.answer(id, "When?")).isEqualTo("Around the clock.");

        assertThat(simulator.messages().get(1).json().getJsonArray("messages")).hasSize(3);
        assertThat(resource.export(id)).contains("By phone.", "Around the clock.");
    }

    @Test
    void anAnswerOfAPersonIsPartOfTheConversation(Simulator simulator, ConversationManagerBean conversations) {
        ConversationResource resource = new ConversationResource();
        resource.conversations = conversations;
        String id = conversations
                .start(MessageRequest.builder("claude-opus-5-5", 1000))
                .id();
        simulator.enqueue(Reply.text("Until six."));

        resource.note(id, "Where is the branch?", "In the main street.");
        resource.answer(id, "How long is it open?");

        assertThat(simulator.messages().get(0).json().toString()).contains("In the main street.");
    }
}
