package io.github.claudejakarta.conversation;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConversationsInMemoryTest implements AskingContract {

    private final ConversationWorld world = ConversationWorld.inMemory();

    @AfterEach
    void end() {
        world.close();
    }

    @Override
    public ConversationWorld world() {
        return world;
    }
}
