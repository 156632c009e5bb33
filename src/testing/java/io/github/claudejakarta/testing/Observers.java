package io.github.claudejakarta.testing;

import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.NotificationOptions;
import jakarta.enterprise.util.TypeLiteral;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Delivers events to observers, on the thread that fires them. Safe for use by many threads. */
final class Observers {

    private final List<Observer<?>> all = new CopyOnWriteArrayList<>();

    private record Observer<E>(Class<E> type, Consumer<? super E> action) {

        void notify(Object event) {
            if (type.isInstance(event)) {
                action.accept(type.cast(event));
            }
        }
    }

    <E> void add(Class<E> type, Consumer<? super E> action) {
        all.add(new Observer<>(type, action));
    }

    private void fire(Object event) {
        all.forEach(observer -> observer.notify(event));
    }

    /** Returns the object with which a bean fires events. */
    <E> Event<E> event() {
        return new FiringEvent<>();
    }

    private final class FiringEvent<E> implements Event<E> {

        @Override
        public void fire(E event) {
            Observers.this.fire(event);
        }

        /** Does nothing: beans fire each event synchronously too, and observers receive it once. */
        @Override
        public <U extends E> CompletionStage<U> fireAsync(U event) {
            return CompletableFuture.completedFuture(event);
        }

        @Override
        public <U extends E> CompletionStage<U> fireAsync(U event, NotificationOptions options) {
            return fireAsync(event);
        }

        @Override
        public Event<E> select(Annotation... qualifiers) {
            return this;
        }

        @Override
        public <U extends E> Event<U> select(Class<U> subtype, Annotation... qualifiers) {
            return new FiringEvent<>();
        }

        @Override
        public <U extends E> Event<U> select(TypeLiteral<U> subtype, Annotation... qualifiers) {
            return new FiringEvent<>();
        }
    }
}
