package io.github.claudejakarta.testing;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Inject;
import java.lang.annotation.Annotation;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The part of CDI that the beans of this project need, without a container: constructors, fields and methods with
 * {@code @Inject}, producers, {@code Instance}, {@code Event}, observers, {@code @PostConstruct} and
 * {@code @PreDestroy}. Each class has one bean. There are no proxies and no interceptors. Qualifiers are ignored: a
 * bean is found by its type.
 *
 * <p>For use by one thread.
 */
final class BeanContainer implements AutoCloseable {

    private final List<Object> added = new ArrayList<>();
    private final Set<Class<?>> classes = new LinkedHashSet<>();
    private final Map<Class<?>, Object> beans = new LinkedHashMap<>();
    /** Classes whose bean is being created, outermost first. */
    private final Set<Class<?>> underConstruction = new LinkedHashSet<>();

    private final Map<Method, Object> produced = new LinkedHashMap<>();
    private final Deque<Object> toDestroy = new ArrayDeque<>();
    private final Observers observers = new Observers();
    private boolean isStarted;

    BeanContainer() {
        added.add(beanManager());
    }

    /** Adds an object that is injected for each of its types, instead of beans of that type. */
    void add(Object bean) {
        added.add(bean);
    }

    /** Adds a class whose bean is created when it is needed. */
    void add(Class<?> beanClass) {
        classes.add(beanClass);
    }

    /** Adds an observer of events of a type and its subtypes. */
    <E> void observe(Class<E> type, Consumer<? super E> observer) {
        observers.add(type, observer);
    }

    /** Creates the beans of all classes, and notifies observers of the start of the application. */
    void start() {
        List.copyOf(classes).forEach(this::bean);
        callObservers(Initialized.class);
        isStarted = true;
    }

    private void callObservers(Class<? extends Annotation> of) {
        for (Object bean : List.copyOf(beans.values())) {
            methods(bean.getClass())
                    .filter(method -> Arrays.stream(method.getParameters()).anyMatch(event -> isOfScope(event, of)))
                    .forEach(method -> invoke(method, bean, ApplicationScoped.class));
        }
    }

    private static boolean isOfScope(Parameter event, Class<? extends Annotation> of) {
        return event.isAnnotationPresent(Observes.class) && event.isAnnotationPresent(of);
    }

    /**
     * Returns the only bean of a type.
     *
     * @throws IllegalStateException if there is no bean, or more than one
     */
    <T> T get(Class<T> type) {
        List<T> added = added(type);
        List<T> all = added.isEmpty() ? all(type) : added;
        if (all.isEmpty() && isBeanClass(type)) {
            return type.cast(bean(type));
        }
        if (all.size() != 1) {
            throw new IllegalStateException("ClaudeBeans needs exactly one bean of " + type.getName() + ", not "
                    + all.size() + (underConstruction.isEmpty() ? "" : "; needed by " + underConstruction));
        }
        return all.get(0);
    }

    /** Returns all beans of a type: added objects, beans of added classes, and objects that these beans produce. */
    <T> List<T> all(Class<T> type) {
        var found = new ArrayList<>(added(type));
        for (Class<?> beanClass : List.copyOf(classes)) {
            if (type.isAssignableFrom(beanClass)) {
                found.add(type.cast(bean(beanClass)));
            }
            members(beanClass)
                    .filter(member -> member.isAnnotationPresent(Produces.class))
                    .filter(member -> type.isAssignableFrom(typeOf(member)))
                    .forEach(member -> found.add(type.cast(produce(member, bean(beanClass)))));
        }
        return found;
    }

    private <T> List<T> added(Class<T> type) {
        return added.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private static Class<?> typeOf(AccessibleObject producer) {
        return producer instanceof Field field ? field.getType() : ((Method) producer).getReturnType();
    }

    private Object produce(AccessibleObject producer, Object bean) {
        if (producer instanceof Field field) {
            return call(field, () -> field.get(bean));
        }
        var method = (Method) producer;
        if (!produced.containsKey(method)) {
            produced.put(method, invoke(method, bean, null));
        }
        return produced.get(method);
    }

    private static boolean isBeanClass(Class<?> type) {
        return type.isAnnotationPresent(ApplicationScoped.class) && !type.isInterface();
    }

    private Object bean(Class<?> type) {
        if (!beans.containsKey(type)) {
            if (!underConstruction.add(type)) {
                throw new IllegalStateException("These beans depend on each other: " + underConstruction);
            }
            try {
                Object bean = create(type);
                classes.add(type);
                beans.put(type, bean);
                toDestroy.push(bean);
            } finally {
                underConstruction.remove(type);
            }
        }
        return beans.get(type);
    }

    private Object create(Class<?> type) {
        Constructor<?> constructor = constructor(type);
        Object bean = call(constructor, () -> constructor.newInstance(arguments(constructor, null)));
        members(type)
                .filter(member -> member.isAnnotationPresent(Inject.class))
                .forEach(member -> inject(member, bean));
        call(bean, PostConstruct.class);
        methods(type).forEach(method -> subscribe(method, bean));
        return bean;
    }

    private static Constructor<?> constructor(Class<?> type) {
        return Arrays.stream(type.getDeclaredConstructors())
                .filter(candidate -> candidate.isAnnotationPresent(Inject.class))
                .findFirst()
                .or(() -> Arrays.stream(type.getDeclaredConstructors())
                        .filter(candidate -> candidate.getParameterCount() == 0)
                        .findFirst())
                .orElseThrow(() -> new IllegalStateException(
                        type.getName() + " has neither a constructor with @Inject nor one without parameters"));
    }

    private void inject(AccessibleObject member, Object bean) {
        if (member instanceof Field field) {
            call(field, () -> {
                field.set(bean, injected(field.getGenericType()));
                return null;
            });
        } else {
            invoke((Method) member, bean, null);
        }
    }

    private void subscribe(Method method, Object bean) {
        Arrays.stream(method.getParameters())
                .filter(event -> event.isAnnotationPresent(Observes.class))
                .filter(event -> !isOfScope(event, Initialized.class) && !isOfScope(event, BeforeDestroyed.class))
                .forEach(event -> observe(event.getType(), fired -> invoke(method, bean, fired)));
    }

    private void call(Object bean, Class<? extends Annotation> lifecycle) {
        methods(bean.getClass())
                .filter(method -> method.isAnnotationPresent(lifecycle))
                .forEach(method -> invoke(method, bean, null));
    }

    /**
     * Calls a method of a bean with injected arguments.
     *
     * @param event the argument of the parameter with {@code @Observes}; null if the method is not an observer
     */
    private Object invoke(Method method, Object bean, Object event) {
        return call(method, () -> method.invoke(bean, arguments(method, event)));
    }

    private Object[] arguments(Executable executable, Object event) {
        return Arrays.stream(executable.getParameters())
                .map(parameter -> parameter.isAnnotationPresent(Observes.class)
                        ? event
                        : injected(parameter.getParameterizedType()))
                .toArray();
    }

    private Object injected(Type type) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == Event.class) {
            return observers.event();
        }
        if (type instanceof ParameterizedType generic && generic.getRawType() == Instance.class) {
            return new Candidates<>(this, (Class<?>) generic.getActualTypeArguments()[0]);
        }
        return get((Class<?>) type);
    }

    /** Returns the fields and methods of a class and its superclasses. Members of superclasses are first. */
    private static Stream<AccessibleObject> members(Class<?> type) {
        return type == Object.class
                ? Stream.empty()
                : Stream.of(
                                members(type.getSuperclass()),
                                Arrays.stream(type.getDeclaredFields()),
                                Arrays.stream(type.getDeclaredMethods()))
                        .flatMap(members -> members);
    }

    private static Stream<Method> methods(Class<?> type) {
        return members(type).filter(Method.class::isInstance).map(Method.class::cast);
    }

    private interface ReflectiveCall {
        Object run() throws ReflectiveOperationException;
    }

    private static <M extends AccessibleObject & Member> Object call(M member, ReflectiveCall reflectiveCall) {
        member.setAccessible(true);
        try {
            return reflectiveCall.run();
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            throw new IllegalStateException(member + " failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(member + " is not accessible", e);
        }
    }

    /**
     * Returns a bean manager with the only method that beans call: it finds the observers of an event. It always
     * returns an observer, because a test may add one later.
     */
    private static BeanManager beanManager() {
        return proxy(BeanManager.class, () -> Set.of(proxy(ObserverMethod.class, () -> null)));
    }

    private static <T> T proxy(Class<T> type, Supplier<Object> observerMethods) {
        return type.cast(Proxy.newProxyInstance(
                BeanContainer.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "resolveObserverMethods" -> observerMethods.get();
                        // Beans fire each event synchronously and asynchronously. Only the synchronous event is
                        // delivered.
                        case "isAsync" -> false;
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "toString" -> "outside a container";
                        default ->
                            throw new UnsupportedOperationException(
                                    "ClaudeBeans does not support " + method.getName() + " of this CDI object");
                    };
                }));
    }

    /**
     * Notifies observers of the end of the application, and destroys all beans in the reverse order of their creation.
     */
    @Override
    public void close() {
        var failures = new ArrayList<RuntimeException>();
        if (isStarted) {
            attempt(() -> callObservers(BeforeDestroyed.class), failures);
        }
        while (!toDestroy.isEmpty()) {
            Object bean = toDestroy.pop();
            attempt(() -> call(bean, PreDestroy.class), failures);
        }
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    private static void attempt(Runnable step, List<RuntimeException> failures) {
        try {
            step.run();
        } catch (RuntimeException e) {
            failures.add(e);
        }
    }
}
