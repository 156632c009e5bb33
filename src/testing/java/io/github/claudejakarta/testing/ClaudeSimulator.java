package io.github.claudejakarta.testing;

import io.github.claudejakarta.claude.PublicApi;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Runs the tests of a JUnit 5 class, or one test, with a simulator in the place of Claude and the beans of this module,
 * without a server and without a key.
 *
 * <pre>{@code
 * @ClaudeSimulator
 * class SummariesTest {
 *
 *     @Test
 *     void summarizes(Simulator simulator, ClaudeStreamingBean claude) {
 *         simulator.enqueue(Reply.text("Short."));
 *
 *         assertThat(new Summaries(claude).of("A long text")).isEqualTo("Short.");
 *     }
 * }
 * }</pre>
 *
 * <p>Parameters of these types are injected into tests, lifecycle methods and constructors:
 * {@link io.github.claudejakarta.simulator.Simulator Simulator}, {@link ClaudeBeans},
 * {@link io.github.claudejakarta.stream.ClaudeStreamingBean ClaudeStreamingBean},
 * {@link io.github.claudejakarta.conversation.ConversationManagerBean ConversationManagerBean},
 * {@link io.github.claudejakarta.batch.BatchManagerBean BatchManagerBean} and
 * {@link io.github.claudejakarta.job.JobManagerBean JobManagerBean}. They are started when a parameter first asks for
 * them.
 *
 * <p>Each test has a simulator and beans of its own, so tests may run concurrently. Where a constructor, a
 * {@code @BeforeAll} method or a {@linkplain #port fixed port} needs them, all tests of the class share them; replies
 * and recorded requests of the simulator are then forgotten before each test, unless tests run concurrently. Nested
 * classes share with the class around them, and may have an annotation of their own. Everything is closed after the
 * test, or after the class.
 *
 * <p>The simulator answers without delays. Two settings differ from a server's, so that tests need not wait:
 * {@code claude.batch.poll-interval} and {@code claude.job.backoff} are 100 ms.
 */
@PublicApi
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(ClaudeSimulatorExtension.class)
public @interface ClaudeSimulator {

    /**
     * Whether the beans have a database, for jobs and batches: an empty H2 in memory. H2 has to be on the class path of
     * the tests ({@code com.h2database:h2}).
     */
    boolean database() default false;

    /** Settings of the beans as {@code "key=value"}, such as {@code "claude.stream.retention=PT1M"}. */
    String[] properties() default {};

    /**
     * The port of the simulator on 127.0.0.1. By default it is a free one.
     *
     * <p>A fixed port is for tests of an application in a container: it has
     * {@code claude.base-url=http://127.0.0.1:port} and any {@code claude.api-key}. The simulator then starts before
     * the first test of the class.
     */
    int port() default 0;
}
