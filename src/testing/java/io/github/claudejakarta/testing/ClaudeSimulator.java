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
 * Runs the tests of a JUnit 5 class, or one test, with the beans of this module and a simulator instead of Claude. The
 * tests need neither a server nor a key.
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
 * {@link io.github.claudejakarta.job.JobManagerBean JobManagerBean}. They start when a parameter first needs them.
 *
 * <p>Each test has its own simulator and beans, therefore tests may run concurrently. If a constructor, a
 * {@code @BeforeAll} method or a {@linkplain #port fixed port} needs them, all tests of the class share them. Then
 * replies and recorded requests of the simulator are removed before each test, unless tests run concurrently. Nested
 * classes share the simulator and beans of the enclosing class, or have their own annotation. Simulator and beans are
 * closed after the test, or after the class.
 *
 * <p>The simulator answers without delays. To make tests fast, two settings differ from the defaults of a server:
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
     * Whether the beans have a database for jobs and batches: an empty H2 database in memory. H2 must be on the class
     * path of the tests ({@code com.h2database:h2}).
     */
    boolean database() default false;

    /** Settings of the beans as {@code "key=value"}, such as {@code "claude.stream.retention=PT1M"}. */
    String[] properties() default {};

    /**
     * The port of the simulator on 127.0.0.1. Default: a free port.
     *
     * <p>Use a fixed port to test an application in a container. Configure the application with
     * {@code claude.base-url=http://127.0.0.1:port} and any {@code claude.api-key}. The simulator starts before the
     * first test of the class.
     */
    int port() default 0;
}
