package io.github.claudejakarta.it.operations;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Receives telemetry by OTLP over HTTP, like a collector, and stores it. */
final class OtlpReceiver implements AutoCloseable {

    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    /** The last reported state of each metric. */
    private final Map<String, Metric> metrics = new ConcurrentHashMap<>();

    private final StringBuffer received = new StringBuffer();

    OtlpReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext(
                "/v1/traces",
                exchange -> receive(
                        exchange,
                        body -> ExportTraceServiceRequest.parseFrom(body)
                                .getResourceSpansList()
                                .forEach(resource -> resource.getScopeSpansList()
                                        .forEach(scope -> spans.addAll(scope.getSpansList())))));
        server.createContext(
                "/v1/metrics",
                exchange -> receive(
                        exchange,
                        body -> ExportMetricsServiceRequest.parseFrom(body)
                                .getResourceMetricsList()
                                .forEach(resource -> resource.getScopeMetricsList()
                                        .forEach(scope -> scope.getMetricsList()
                                                .forEach(metric -> metrics.put(metric.getName(), metric))))));
        server.start();
    }

    private interface Parsing {
        void parse(byte[] body) throws IOException;
    }

    private void receive(HttpExchange exchange, Parsing parsing) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        received.append(new String(body, ISO_8859_1));
        parsing.parse(body);
        exchange.sendResponseHeaders(200, -1);
        exchange.close();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<Span> spans() {
        return spans;
    }

    Map<String, Metric> metrics() {
        return metrics;
    }

    /** All received bytes, one character each. */
    String received() {
        return received.toString();
    }

    static Map<String, String> attributes(List<KeyValue> attributes) {
        var values = new TreeMap<String, String>();
        attributes.forEach(attribute -> values.put(attribute.getKey(), text(attribute.getValue())));
        return values;
    }

    private static String text(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> value.getStringValue();
            case INT_VALUE -> Long.toString(value.getIntValue());
            case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(OtlpReceiver::text)
                        .collect(Collectors.joining(",", "[", "]"));
            default -> value.toString();
        };
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
