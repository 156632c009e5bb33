package io.github.claudejakarta.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.testing.ClaudeBeans;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application with the classes jar had a key before, and has none now. */
@Timeout(60)
class KeyOfApplicationTest {

    private static final Logger LOG = Logger.getLogger(ServerKeyCheck.class.getName());
    /** The URL of a gateway on a port that nothing listens on. */
    private static final URI GATEWAY = URI.create("http://127.0.0.1:1");

    private final JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:key", "", "");
    private final BlockingQueue<LogRecord> reports = new LinkedBlockingQueue<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (line.getMessage().contains("had one before")) {
                reports.add(line);
            }
        }

        @Override
        public void flush() {
            // Nothing is buffered.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    @BeforeEach
    void startOnceWithAKey() {
        LOG.addHandler(handler);
        try (var beans = ClaudeBeans.builder(GATEWAY).database(pool).start()) {
            beans.jobs().list(1);
        }
        assertThat(reports).isEmpty();
    }

    @AfterEach
    void close() {
        LOG.removeHandler(handler);
        pool.dispose();
    }

    @Test
    void withABaseUrlAGatewayMayAddTheKey() throws Exception {
        try (var beans = ClaudeBeans.builder(GATEWAY).apiKey("").database(pool).start()) {
            LogRecord report = reports.poll(20, TimeUnit.SECONDS);

            assertThat(report.getLevel()).isEqualTo(Level.WARNING);
            assertThat(report.getMessage()).contains("claude.api-key", "claude.base-url");
            assertThat(statusOfAJob(beans)).isEqualTo(400);
        }
    }

    @Test
    void withoutABaseUrlTheKeyIsMissing() throws Exception {
        try (var beans = ClaudeBeans.builder(GATEWAY)
                .set("claude.base-url", "")
                .apiKey("")
                .database(pool)
                .start()) {
            assertThat(reports.poll(20, TimeUnit.SECONDS).getLevel()).isEqualTo(Level.SEVERE);
            assertThat(statusOfAJob(beans)).isEqualTo(503);
        }
    }

    private static int statusOfAJob(ClaudeBeans beans) {
        return catchThrowableOfType(
                        ClaudeException.class,
                        () -> beans.jobs().submit(MessageRequest.of("claude-opus-5-5", 10, "Hello!")))
                .status();
    }
}
