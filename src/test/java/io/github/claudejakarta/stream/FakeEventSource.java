package io.github.claudejakarta.stream;

import jakarta.ws.rs.core.GenericType;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseBroadcaster;
import jakarta.ws.rs.sse.SseEventSink;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One connection of an {@code EventSource}: the events of its page, and the {@code Last-Event-ID} that it would send.
 */
final class FakeEventSource implements Sse, SseEventSink {

    private static final long TIMEOUT_SECONDS = 10;

    private final List<Sent> sent = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean hasLeft;
    private int breaksAfter = Integer.MAX_VALUE;

    /** An event as it is sent; absent fields are null. */
    record Sent(String id, String name, String data, String comment) {

        /** Returns a short form for assertions: {@code 3 name: data}. */
        @Override
        public String toString() {
            return (id == null ? "" : id + " ")
                    + (name == null ? "" : name + ": ")
                    + (data == null ? "#" + comment : data);
        }
    }

    /** Breaks the connection when the page has received this many events. */
    FakeEventSource breakingAfter(int events) {
        breaksAfter = events;
        return this;
    }

    synchronized void leave() {
        hasLeft = true;
    }

    /** Returns all sent events without heartbeats. */
    synchronized List<String> events() {
        return sent.stream()
                .filter(one -> one.id() != null || one.data() != null)
                .map(Sent::toString)
                .toList();
    }

    /** Returns the events that reach the page. */
    synchronized List<String> data() {
        return sent.stream().map(Sent::data).filter(data -> data != null).toList();
    }

    /** Returns the last id; null without one. */
    synchronized String lastEventId(String before) {
        return sent.stream()
                .map(Sent::id)
                .filter(id -> id != null)
                .reduce((one, next) -> next)
                .orElse(before);
    }

    void awaitClosed() throws InterruptedException {
        if (!closed.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("The sink is still open; sent: " + events());
        }
    }

    @Override
    public OutboundSseEvent.Builder newEventBuilder() {
        return new Building();
    }

    @Override
    public SseBroadcaster newBroadcaster() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isClosed() {
        return closed.getCount() == 0;
    }

    @Override
    public synchronized CompletionStage<?> send(OutboundSseEvent event) {
        if (hasLeft || sent.size() >= breaksAfter) {
            return CompletableFuture.failedStage(new java.io.IOException("gone"));
        }
        sent.add(new Sent(event.getId(), event.getName(), (String) event.getData(), event.getComment()));
        return CompletableFuture.completedStage(null);
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private static final class Building implements OutboundSseEvent.Builder, OutboundSseEvent {

        private String id;
        private String name;
        private Object data;
        private String comment;

        @Override
        public Builder id(String newId) {
            id = newId;
            return this;
        }

        @Override
        public Builder name(String newName) {
            name = newName;
            return this;
        }

        @Override
        public Builder reconnectDelay(long milliseconds) {
            return this;
        }

        @Override
        public Builder mediaType(MediaType mediaType) {
            return this;
        }

        @Override
        public Builder comment(String newComment) {
            comment = newComment;
            return this;
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Builder data(Class type, Object newData) {
            return data(newData);
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Builder data(GenericType type, Object newData) {
            return data(newData);
        }

        @Override
        public Builder data(Object newData) {
            data = newData;
            return this;
        }

        @Override
        public OutboundSseEvent build() {
            return this;
        }

        @Override
        public Class<?> getType() {
            return String.class;
        }

        @Override
        public Type getGenericType() {
            return String.class;
        }

        @Override
        public MediaType getMediaType() {
            return MediaType.TEXT_PLAIN_TYPE;
        }

        @Override
        public Object getData() {
            return data;
        }

        @Override
        public String getId() {
            return id;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public String getComment() {
            return comment;
        }

        @Override
        public long getReconnectDelay() {
            return RECONNECT_NOT_SET;
        }

        @Override
        public boolean isReconnectDelaySet() {
            return false;
        }
    }
}
