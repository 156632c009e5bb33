package io.github.claudejakarta.testing;

import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.conversation.ConversationManagerBean;
import io.github.claudejakarta.job.JobManagerBean;
import io.github.claudejakarta.simulator.Simulator;
import io.github.claudejakarta.stream.ClaudeStreamingBean;
import java.lang.reflect.AnnotatedElement;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Injects the parameters of {@link ClaudeSimulator}. A {@link Simulation} belongs to the class or test whose parameter
 * first needs it. Callbacks close it. JUnit's store does not, because closing of its values depends on the version of
 * JUnit.
 */
final class ClaudeSimulatorExtension
        implements ParameterResolver, BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(ClaudeSimulatorExtension.class);

    private static final Map<Class<?>, Function<Simulation, Object>> PARAMETERS = Map.of(
            Simulator.class, Simulation::simulator,
            ClaudeBeans.class, Simulation::beans,
            ClaudeStreamingBean.class, simulation -> simulation.beans().claude(),
            ConversationManagerBean.class, simulation -> simulation.beans().conversations(),
            BatchManagerBean.class,
                    simulation ->
                            simulation.requireDatabase(BatchManagerBean.class).batches(),
            JobManagerBean.class,
                    simulation ->
                            simulation.requireDatabase(JobManagerBean.class).jobs());

    /** An annotation, and the class or test that has it. */
    private record Annotated(ClaudeSimulator settings, AnnotatedElement element) {

        static Annotated of(ExtensionContext context) {
            for (Optional<ExtensionContext> at = Optional.of(context);
                    at.isPresent();
                    at = at.get().getParent()) {
                Optional<AnnotatedElement> element = at.get().getElement();
                Optional<ClaudeSimulator> settings = AnnotationSupport.findAnnotation(element, ClaudeSimulator.class);
                if (settings.isPresent()) {
                    return new Annotated(settings.get(), element.get());
                }
            }
            throw new ExtensionConfigurationException("@ClaudeSimulator is missing at " + context.getDisplayName());
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.containsKey(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.get(parameter.getParameter().getType()).apply(simulation(context));
    }

    /**
     * Returns the simulation of this context or of an enclosing one, which JUnit's store finds. Otherwise creates one.
     */
    private static Simulation simulation(ExtensionContext context) {
        Annotated annotated = Annotated.of(context);
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent(
                        annotated.element(),
                        element -> new Simulation(annotated.settings(), context.getUniqueId()),
                        Simulation.class);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (Annotated.of(context).settings().port() != 0) {
            simulation(context).simulator();
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        Annotated annotated = Annotated.of(context);
        if (annotated.settings().port() != 0) {
            simulation(context).simulator();
        }
        if (context.getExecutionMode() == ExecutionMode.SAME_THREAD) {
            existing(annotated, context)
                    .filter(simulation -> !simulation.belongsTo(context.getUniqueId()))
                    .ifPresent(simulation -> simulation.simulator().forget());
        }
    }

    private static Optional<Simulation> existing(Annotated annotated, ExtensionContext context) {
        return Optional.ofNullable(context.getStore(NAMESPACE).get(annotated.element(), Simulation.class));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close(context);
    }

    private static void close(ExtensionContext context) {
        Annotated annotated = Annotated.of(context);
        existing(annotated, context)
                .filter(simulation -> simulation.belongsTo(context.getUniqueId()))
                .ifPresent(simulation -> {
                    context.getStore(NAMESPACE).remove(annotated.element());
                    simulation.close();
                });
    }
}
