package io.github.claudejakarta.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("UnusedVariable") // The container reads and injects them.
class BeanContainerTest {

    /** The events of a test, in order. */
    static final class Log extends ArrayList<String> {
        private static final long serialVersionUID = 1;
    }

    record Setting(String value) {}

    @ApplicationScoped
    static class Producer {

        @Produces
        private final Setting setting = new Setting("from a field");

        @Inject
        private Log log;

        @PostConstruct
        void begin() {
            log.add("producer is made");
        }

        void onStart(@Observes @Initialized(ApplicationScoped.class) Object event) {
            log.add("started");
        }

        void onStop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object event) {
            log.add("stopping");
        }

        void hear(@Observes String event) {
            log.add("heard " + event);
        }

        @PreDestroy
        void end() {
            log.add("producer is destroyed");
        }
    }

    @ApplicationScoped
    static class Consumer {

        private final Log log;
        private final Event<String> events;

        @Inject
        Consumer(Setting setting, Log log, Event<String> events) {
            this.log = log;
            this.events = events;
            log.add("consumer is made with " + setting.value());
        }

        @PreDestroy
        void end() {
            log.add("consumer is destroyed");
        }
    }

    @ApplicationScoped
    static class Failing {

        @Inject
        Failing(Consumer consumer) {
            throw new IllegalArgumentException("no");
        }
    }

    @ApplicationScoped
    static class Circular {

        @Inject
        Circular(Circular itself) {}
    }

    private final Log log = new Log();
    private final BeanContainer container = new BeanContainer();

    @Test
    void createsBeansInTheOrderOfTheirUseAndDestroysThemInReverse() {
        container.add(log);
        container.add(Consumer.class);
        container.add(Producer.class);

        container.start();
        container.get(Consumer.class).events.fire("news");
        container.close();

        assertThat(log)
                .containsExactly(
                        "producer is made",
                        "consumer is made with from a field",
                        "started",
                        "heard news",
                        "stopping",
                        "consumer is destroyed",
                        "producer is destroyed");
    }

    @Test
    void destroysBeansOfAFailedStartWithoutNotifyingObservers() {
        container.add(log);
        container.add(Producer.class);
        container.add(Failing.class);

        assertThatThrownBy(container::start)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no");
        container.close();

        assertThat(log)
                .containsExactly(
                        "producer is made",
                        "consumer is made with from a field",
                        "consumer is destroyed",
                        "producer is destroyed");
    }

    @Test
    void namesTheMissingTypeAndTheBeanThatNeedsIt() {
        container.add(log);

        assertThatThrownBy(() -> container.get(Consumer.class))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("one bean of " + Setting.class.getName() + ", not 0")
                .hasMessageContaining(Consumer.class.getName());
        assertThatThrownBy(() -> container.get(Circular.class))
                .hasMessageContaining("These beans depend on each other");
    }

    @Test
    void prefersObjectsThatATestAdds() {
        container.add(log);
        container.add(Producer.class);
        container.add(new Setting("of the test"));

        container.get(Consumer.class);

        assertThat(log).containsExactly("consumer is made with of the test");
        assertThat(container.all(Setting.class))
                .extracting(Setting::value)
                .isEqualTo(List.of("of the test", "from a field"));
    }
}
