package io.github.claudejakarta.stream;

import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Creates events for a JAX-RS sink. The data of an event reaches the client with all its line breaks.
 *
 * <p>RESTEasy, which Liberty and WildFly use, writes only one of several consecutive line breaks of the data, and none
 * at its end. It writes the fields before the data unchanged. This class therefore appends the lines before the last
 * one to these fields, each as a {@code data} field.
 */
final class SinkEvents {

    private static final Pattern LINE_BREAK = Pattern.compile("\r\n|\r|\n");
    private static final String RESTEASY = "org.jboss.resteasy.";
    /** The name that an event without a name has for an {@code EventSource}. */
    private static final String UNNAMED = "message";

    private final Sse sse;

    SinkEvents(Sse sse) {
        this.sse = sse;
    }

    OutboundSseEvent comment(String text) {
        return sse.newEventBuilder().comment(text).build();
    }

    OutboundSseEvent event(Optional<String> id, BroadcastEvent event) {
        OutboundSseEvent whole = build(id, event.name(), event.data());
        boolean isOneLine = event.data().indexOf('\n') < 0 && event.data().indexOf('\r') < 0;
        if (isOneLine || !whole.getClass().getName().startsWith(RESTEASY)) {
            return whole;
        }
        var before = new StringBuilder();
        Matcher lineBreak = LINE_BREAK.matcher(event.data());
        int lineBegin = 0;
        while (lineBreak.find()) {
            before.append("\ndata: ").append(event.data(), lineBegin, lineBreak.start());
            lineBegin = lineBreak.end();
        }
        String last = event.data().substring(lineBegin);
        return id.isPresent()
                ? build(id.map(text -> text + before), event.name(), last)
                : build(id, Optional.of(event.name().orElse(UNNAMED) + before), last);
    }

    private OutboundSseEvent build(Optional<String> id, Optional<String> name, String data) {
        var builder = sse.newEventBuilder().data(data);
        id.ifPresent(builder::id);
        name.ifPresent(builder::name);
        return builder.build();
    }
}
