package io.github.claudejakarta.testing;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.AmbiguousResolutionException;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.UnsatisfiedResolutionException;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.util.TypeLiteral;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Iterator;
import java.util.List;

/** The {@link Instance} of a type: all its beans. Qualifiers are ignored. */
final class Candidates<T> implements Instance<T> {

    private final BeanContainer container;
    private final Class<T> type;

    Candidates(BeanContainer container, Class<T> type) {
        this.container = container;
        this.type = type;
    }

    private List<T> all() {
        return container.all(type);
    }

    @Override
    public Iterator<T> iterator() {
        return all().iterator();
    }

    @Override
    public T get() {
        List<T> all = all();
        if (all.isEmpty()) {
            throw new UnsatisfiedResolutionException("ClaudeBeans has no bean of " + type.getName());
        }
        if (all.size() > 1) {
            throw new AmbiguousResolutionException("ClaudeBeans has " + all.size() + " beans of " + type.getName());
        }
        return all.get(0);
    }

    @Override
    public boolean isUnsatisfied() {
        return all().isEmpty();
    }

    @Override
    public boolean isAmbiguous() {
        return all().size() > 1;
    }

    @Override
    public Instance<T> select(Annotation... qualifiers) {
        return this;
    }

    @Override
    public <U extends T> Instance<U> select(Class<U> subtype, Annotation... qualifiers) {
        return new Candidates<>(container, subtype);
    }

    @Override
    public <U extends T> Instance<U> select(TypeLiteral<U> subtype, Annotation... qualifiers) {
        throw unsupported();
    }

    @Override
    public void destroy(T instance) {
        // All beans are destroyed with their container.
    }

    @Override
    public Handle<T> getHandle() {
        throw unsupported();
    }

    @Override
    public Iterable<? extends Handle<T>> handles() {
        return all().stream().map(Candidates::handle).toList();
    }

    /**
     * Returns a handle of a bean that its container destroys. The bean has no name, and the scope of the application.
     */
    private static <T> Handle<T> handle(T bean) {
        return new Handle<>() {

            @Override
            public T get() {
                return bean;
            }

            @Override
            public Bean<T> getBean() {
                return bean(bean.getClass());
            }

            @Override
            public void destroy() {
                // The container destroys the bean.
            }

            @Override
            public void close() {
                destroy();
            }
        };
    }

    @SuppressWarnings("unchecked")
    private static <T> Bean<T> bean(Class<?> type) {
        return (Bean<T>) Proxy.newProxyInstance(
                Candidates.class.getClassLoader(), new Class<?>[] {Bean.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "getName" -> null;
                        case "getBeanClass" -> type;
                        case "getScope" -> ApplicationScoped.class;
                        case "hashCode" -> System.identityHashCode(proxy);
                        case "equals" -> proxy == arguments[0];
                        case "toString" -> "the bean " + type.getName();
                        default ->
                            throw new UnsupportedOperationException(
                                    "ClaudeBeans does not support " + method.getName() + " of a bean");
                    };
                });
    }

    private static UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException("ClaudeBeans selects beans only by their class");
    }
}
