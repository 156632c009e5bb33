package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.durable.PooledDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** All tests of conversations, for one kind of database. */
@Timeout(60)
abstract class ConversationContract extends PooledDatabase
        implements AskingContract, TurnsContract, KeepingContract, SharingContract, JobContract {

    private ConversationWorld world;

    @BeforeEach
    void begin() {
        world = ConversationWorld.inDatabase(pool(), database());
    }

    @AfterEach
    void end() {
        try {
            assertThat(world.isCountedExactly()).isTrue();
        } finally {
            world.close();
        }
    }

    @Override
    public ConversationWorld world() {
        return world;
    }
}
