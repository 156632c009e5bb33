package io.github.claudejakarta.listener;

import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.Bean;
import java.util.LinkedHashMap;
import java.util.Map;

/** Finds the listeners that are beans of the application. */
public final class ListenerRegistry {

    private ListenerRegistry() {}

    /** Calls a listener bean. */
    @FunctionalInterface
    public interface Call<L, T> {

        void call(L bean, T ended) throws Exception;
    }

    /**
     * Returns the listeners by name: the name of the bean ({@code @Named}), or the name of its class. A bean is created
     * when it is called, and a dependent bean is destroyed afterwards.
     *
     * @throws IllegalArgumentException if two beans have the same name
     */
    public static <L, T> Map<String, Listener<T>> in(Instance<L> found, Call<L, T> call) {
        var listeners = new LinkedHashMap<String, Listener<T>>();
        for (Instance.Handle<L> handle : found.handles()) {
            String name = name(handle.getBean());
            if (listeners.put(name, ended -> call(found, name, call, ended)) != null) {
                throw new IllegalArgumentException(
                        "Two listeners have the name " + name + ". Give each its own name with @Named");
            }
        }
        return listeners;
    }

    private static <L, T> void call(Instance<L> found, String name, Call<L, T> call, T ended) throws Exception {
        Instance.Handle<L> handle = found.handlesStream()
                .filter(one -> name(one.getBean()).equals(name))
                .findFirst()
                .orElseThrow();
        try {
            call.call(handle.get(), ended);
        } finally {
            if (handle.getBean().getScope() == Dependent.class) {
                handle.destroy();
            }
        }
    }

    private static String name(Bean<?> bean) {
        return bean.getName() == null ? bean.getBeanClass().getName() : bean.getName();
    }
}
