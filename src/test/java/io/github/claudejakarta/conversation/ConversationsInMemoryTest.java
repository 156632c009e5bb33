package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConversationsInMemoryTest implements AskingContract, TurnsContract, KeepingContract {

    private final ConversationWorld world = ConversationWorld.inMemory();

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void jobsNeedADatabase() {
        ConversationServer server = world.server();
        String id = server.started().id();

        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().job(id, "Hi!"));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).contains("claude.conversation.store");
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
    }

    @Override
    public ConversationWorld world() {
        return world;
    }
}
