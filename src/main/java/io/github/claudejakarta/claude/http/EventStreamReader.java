package io.github.claudejakarta.claude.http;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/**
 * Teaches the Jersey client to read {@code text/event-stream} as an {@link EventStream}, in place of its own
 * {@code EventInput}, which is the yardstick of the tests but goes through a body byte by byte.
 */
@Consumes(MediaType.SERVER_SENT_EVENTS)
final class EventStreamReader implements MessageBodyReader<EventStream> {

    @Override
    public boolean isReadable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return type == EventStream.class;
    }

    @Override
    public EventStream readFrom(Class<EventStream> type, Type genericType, Annotation[] annotations, MediaType mediaType,
                                MultivaluedMap<String, String> headers, InputStream body) {
        return new EventStream(body);
    }
}
