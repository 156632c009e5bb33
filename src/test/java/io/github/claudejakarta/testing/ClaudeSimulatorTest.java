package io.github.claudejakarta.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.batch.BatchStatus;
import io.github.claudejakarta.claude.BatchRequest;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.simulator.Reply;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ParameterResolutionException;

@Timeout(60)
class ClaudeSimulatorTest {

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static MessageRequest request(String prompt) {
        return MessageRequest.of("claude-opus-5-5", 1024, prompt);
    }

    private static boolean isOpen(URI uri) {
        try (var socket = new Socket(uri.getHost(), uri.getPort())) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Nested
    @ClaudeSimulator
    class EachTest {

        private static final Set<URI> SEEN = new HashSet<>();
        private URI ofBeforeEach;

        @BeforeEach
        void prepare(Simulator simulator) {
            simulator.enqueue(Reply.text("prepared"));
            ofBeforeEach = simulator.baseUri();
        }

        @RepeatedTest(3)
        void hasItsOwnSimulatorAndBeans(Simulator simulator, ClaudeBeans beans, ClaudeStreamingBean claude) {
            assertThat(simulator.baseUri()).isEqualTo(ofBeforeEach);
            assertThat(claude).isSameAs(beans.claude());
            assertThat(simulator.messages()).isEmpty();
            assertThat(claude.send(request("a")).text()).isEqualTo("prepared");
            assertThat(simulator.messages().get(0).prompt()).isEqualTo("a");
            // The simulator of the previous test may have had the same port, but it is closed.
            assertThat(SEEN).filteredOn(uri -> !uri.equals(simulator.baseUri())).noneMatch(ClaudeSimulatorTest::isOpen);
            SEEN.add(simulator.baseUri());
        }

        @AfterAll
        static void allAreClosed() {
            assertThat(SEEN).isNotEmpty().noneMatch(ClaudeSimulatorTest::isOpen);
        }

        @Nested
        class Enclosed {

            @Test
            void sharesWithTheEnclosingClass(Simulator simulator) {
                assertThat(simulator.baseUri()).isEqualTo(ofBeforeEach);
                assertThat(simulator.queuedReplies()).isEqualTo(1);
            }

            @ClaudeSimulator(properties = "claude.stream.max-bytes = 1")
            @Test
            void hasItsOwnSettings(ClaudeStreamingBean claude, Simulator simulator) {
                assertThat(simulator.baseUri()).isEqualTo(ofBeforeEach);
                assertThatThrownBy(() -> claude.stream(request("a")))
                        .hasMessageContaining("claude.stream.max-bytes: 1");
            }
        }
    }

    @Nested
    @ClaudeSimulator
    class OneForAllTests {

        private static Simulator shared;

        @BeforeAll
        static void share(Simulator simulator, ClaudeStreamingBean claude) {
            shared = simulator.enqueue(Reply.text("for the first test"));
            assertThat(claude.send(request("a")).text()).isEqualTo("for the first test");
        }

        @RepeatedTest(2)
        void sharesIt(Simulator simulator, ClaudeStreamingBean claude) {
            assertThat(simulator).isSameAs(shared);
            assertThat(simulator.requests()).isEmpty();
            assertThat(simulator.queuedReplies()).isZero();
            assertThat(claude.send(request("a")).text()).contains("simulator");
            simulator.enqueue(Reply.text("not for the next test"));
        }

        @AfterAll
        static void isStillOpen() {
            assertThat(isOpen(shared.baseUri())).isTrue();
        }
    }

    @AfterAll
    static void isClosedAfterItsClass() {
        assertThat(isOpen(OneForAllTests.shared.baseUri())).isFalse();
        assertThat(isOpen(OneInstanceForAllTests.uri)).isFalse();
    }

    @Nested
    @ClaudeSimulator
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class OneInstanceForAllTests {

        private static URI uri;
        private final Simulator simulator;

        OneInstanceForAllTests(Simulator simulator) {
            this.simulator = simulator;
        }

        @RepeatedTest(2)
        void injectsTheSimulatorOfTheConstructor(Simulator injected) {
            uri = injected.baseUri();
            assertThat(injected).isSameAs(simulator);
        }
    }

    @Nested
    @ClaudeSimulator(database = true)
    class WithADatabase {

        @Test
        void runsJobs(JobManagerBean jobs, Simulator simulator) throws Exception {
            simulator.enqueue(Reply.error(400), Reply.text("Done."));

            var refused = jobs.await(jobs.submit(request("a")).id(), LIMIT);
            var done = jobs.await(jobs.submit(request("b")).id(), LIMIT);

            assertThat(refused.status()).isEqualTo(JobStatus.FAILED);
            assertThat(done.message().orElseThrow().text()).isEqualTo("Done.");
        }

        @Test
        void runsBatches(BatchManagerBean batches, Simulator simulator) throws Exception {
            simulator.answerWith(request -> Reply.text(request.prompt() + "!"));

            var batch = batches.submit(
                    Stream.of(new BatchRequest("a", request("one")), new BatchRequest("b", request("two"))));

            assertThat(batches.await(batch.id(), LIMIT).status()).isEqualTo(BatchStatus.ENDED);
            try (var results = batches.results(batch.id())) {
                assertThat(results.map(result -> result.toString()))
                        .anyMatch(result -> result.contains("one!"))
                        .anyMatch(result -> result.contains("two!"));
            }
        }
    }

    @Test
    @ClaudeSimulator
    void storesConversations(Simulator simulator, ConversationManagerBean conversations) {
        simulator.enqueue(Reply.text("Hello."), Reply.text("You said hi."));
        String id = conversations
                .start(MessageRequest.builder().model("claude-opus-5-5").maxTokens(100))
                .id();

        conversations.send(id, "Hi!");

        assertThat(conversations.send(id, "What did I say?").text()).isEqualTo("You said hi.");
        assertThat(simulator.messages().get(1).json().getJsonArray("messages")).hasSize(3);
    }

    @Test
    @ClaudeSimulator
    void worksForOneTest(Simulator simulator, ClaudeStreamingBean claude) {
        simulator.enqueue(Reply.text("One."));

        assertThat(claude.stream(request("a")).message().text()).isEqualTo("One.");
    }

    @Test
    void jobsNeedADatabase() throws Exception {
        try (var simulation = simulation(EachTest.class)) {
            assertThatThrownBy(() -> simulation.requireDatabase(JobManagerBean.class))
                    .isInstanceOf(ParameterResolutionException.class)
                    .hasMessage("JobManagerBean needs a database. Use @ClaudeSimulator(database = true).");
        }
    }

    @ClaudeSimulator(properties = "claude.stream.retention")
    private static final class WrongProperty {}

    @Test
    void aPropertyHasAValue() {
        try (var simulation = simulation(WrongProperty.class)) {
            assertThatThrownBy(simulation::beans)
                    .isInstanceOf(ExtensionConfigurationException.class)
                    .hasMessageContaining("\"claude.stream.retention\" is not \"key=value\"");
        }
    }

    private static Simulation simulation(Class<?> annotated) {
        return new Simulation(annotated.getAnnotation(ClaudeSimulator.class), "");
    }
}
