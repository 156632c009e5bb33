package io.github.claudejakarta.webhook;

import io.github.claudejakarta.durable.PooledDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** All promises of callbacks, on one kind of database. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class WebhookContract extends PooledDatabase
        implements DeliveringContract, AttemptContract, ResendingContract, SharedDeliveriesContract {

    private WebhookWorld world;

    @BeforeEach
    void begin() {
        world = WebhookWorld.still(pool(), database());
    }

    @AfterEach
    void end() throws Exception {
        try {
            world.close();
        } finally {
            world.clear();
        }
    }

    @Override
    public WebhookWorld world() {
        return world;
    }
}
