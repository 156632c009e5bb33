package io.github.claudejakarta.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import jakarta.enterprise.context.NormalScope;
import jakarta.enterprise.context.control.RequestContextController;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Default;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.Typed;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.inject.Qualifier;
import jakarta.inject.Scope;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.Test;

/**
 * No bean of the classes jar conflicts with one of the application that contains it. A bean for injection points
 * without a qualifier has only types of this module. The application may have a bean of any other type, and both would
 * be ambiguous.
 */
class BeanTypesTest {

    private static final String ROOT = "io.github.claudejakarta.";
    /** Packages of the WAR, which is an application itself. */
    private static final Set<String> WAR = Set.of("edge", "gateway", "rest", "socket");
    /** Types for which the container has built-in beans, so an application cannot have its own. */
    private static final Set<Class<?>> BUILT_IN =
            Set.of(Event.class, Instance.class, BeanManager.class, RequestContextController.class, Config.class);

    private static final List<Class<?>> CLASSES = classes();

    private static List<Class<?>> classes() {
        return new ClassFileImporter()
                .importPath(Path.of("target/classes")).stream()
                        .filter(type -> !WAR.contains(
                                type.getPackageName().substring(ROOT.length()).replaceFirst("\\..*", "")))
                        .<Class<?>>map(JavaClass::reflect)
                        .toList();
    }

    private static boolean isBean(Class<?> type) {
        return Stream.of(type.getAnnotations())
                .anyMatch(annotation -> annotation.annotationType().isAnnotationPresent(NormalScope.class)
                        || annotation.annotationType().isAnnotationPresent(Scope.class));
    }

    /** Returns whether an injection point without a qualifier finds the bean. */
    private static boolean isDefault(AnnotatedElement element) {
        return Stream.of(element.getAnnotations())
                .map(Annotation::annotationType)
                .filter(type -> type.isAnnotationPresent(Qualifier.class) && type != Any.class)
                .allMatch(Default.class::equals);
    }

    /** The types of this bean that are not ours. */
    private static Stream<String> strangers(String bean, AnnotatedElement element, Class<?> type) {
        if (!isDefault(element)) {
            return Stream.of();
        }
        Typed typed = element.getAnnotation(Typed.class);
        Stream<Class<?>> types = typed != null ? Stream.of(typed.value()) : supertypes(type);
        return types.filter(one -> one != Object.class && !isOurs(one)).map(one -> bean + " is a " + one.getName());
    }

    private static Stream<Class<?>> supertypes(Class<?> type) {
        return Stream.concat(
                Stream.of(type),
                Stream.concat(
                                type.getSuperclass() == null ? Stream.of() : Stream.of(type.getSuperclass()),
                                Stream.of(type.getInterfaces()))
                        .flatMap(BeanTypesTest::supertypes));
    }

    private static boolean isOurs(Class<?> type) {
        return type.getName().startsWith(ROOT);
    }

    @Test
    void beansWithoutAQualifierHaveOnlyOurTypes() {
        var strangers = new TreeSet<String>();
        for (Class<?> type : CLASSES) {
            if (isBean(type)) {
                strangers(type.getName(), type, type).forEach(strangers::add);
            }
            for (Field field : type.getDeclaredFields()) {
                if (field.isAnnotationPresent(Produces.class)) {
                    strangers(field.toString(), field, field.getType()).forEach(strangers::add);
                }
            }
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Produces.class)) {
                    strangers(method.toString(), method, method.getReturnType()).forEach(strangers::add);
                }
            }
        }

        assertThat(strangers).isEmpty();
    }

    /** Otherwise the application's bean would be injected, or the injection would be ambiguous. */
    @Test
    void injectionPointsWithoutAQualifierHaveOurTypesOrBuiltInOnes() {
        var strangers = new TreeSet<String>();
        for (Class<?> type : CLASSES) {
            for (Field field : type.getDeclaredFields()) {
                if (field.isAnnotationPresent(Inject.class)) {
                    check(field.toString(), field, field.getGenericType()).forEach(strangers::add);
                }
            }
            for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                if (constructor.isAnnotationPresent(Inject.class)) {
                    parameters(constructor.getParameters()).forEach(strangers::add);
                }
            }
            for (Method method : type.getDeclaredMethods()) {
                if (Stream.of(method.getParameters())
                                .anyMatch(parameter -> parameter.isAnnotationPresent(Observes.class)
                                        || parameter.isAnnotationPresent(ObservesAsync.class))
                        || method.isAnnotationPresent(Inject.class)
                        || method.isAnnotationPresent(Produces.class)) {
                    parameters(method.getParameters()).forEach(strangers::add);
                }
            }
        }

        assertThat(strangers).isEmpty();
    }

    private static Stream<String> parameters(Parameter... parameters) {
        return Stream.of(parameters)
                .filter(parameter -> !parameter.isAnnotationPresent(Observes.class)
                        && !parameter.isAnnotationPresent(ObservesAsync.class))
                .flatMap(parameter -> check(
                        parameter.getDeclaringExecutable() + " " + parameter,
                        parameter,
                        parameter.getParameterizedType()));
    }

    private static Stream<String> check(String point, AnnotatedElement element, Type type) {
        if (!isDefault(element)) {
            return Stream.of();
        }
        if (type instanceof ParameterizedType of) {
            return BUILT_IN.contains((Class<?>) of.getRawType())
                    ? Stream.of(of.getActualTypeArguments()).flatMap(argument -> check(point, element, argument))
                    : Stream.of(point);
        }
        return type instanceof Class<?> plain && (isOurs(plain) || BUILT_IN.contains(plain))
                ? Stream.of()
                : Stream.of(point);
    }
}
