package io.github.claudejakarta.observe;

import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClientSettings;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import jakarta.enterprise.inject.spi.CDI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Records a client span and metrics of each call to Claude, by OpenTelemetry's semantic conventions for generative AI.
 * They have no content of requests or answers. A call that does not create a message has a span by the conventions for
 * HTTP.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/gen-ai/">Semantic conventions for generative AI systems</a>
 */
final class GenAiTelemetry implements CallObserver {

    static final String SCOPE = "io.github.claudejakarta";

    private static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> REQUEST_MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<String> RESPONSE_MODEL = AttributeKey.stringKey("gen_ai.response.model");
    private static final AttributeKey<String> RESPONSE_ID = AttributeKey.stringKey("gen_ai.response.id");
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");
    private static final AttributeKey<Double> FIRST_CHUNK =
            AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk");
    private static final AttributeKey<Long> INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<Long> CACHE_READ = AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
    private static final AttributeKey<Long> CACHE_CREATION =
            AttributeKey.longKey("gen_ai.usage.cache_creation.input_tokens");
    private static final AttributeKey<String> TOKEN_TYPE = AttributeKey.stringKey("gen_ai.token.type");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
    private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<Long> RESENT = AttributeKey.longKey("http.request.resend_count");
    private static final AttributeKey<String> TEMPLATE = AttributeKey.stringKey("url.template");
    private static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("claude.request_id");
    private static final AttributeKey<String> RECOVERY_REASON = AttributeKey.stringKey("claude.recovery.reason");
    private static final AttributeKey<String> CALLER = AttributeKey.stringKey("claude.caller");

    private static final String CHAT = "chat";
    /** The bucket boundaries that the conventions recommend. */
    private static final List<Long> TOKEN_BUCKETS = List.of(
            1L, 4L, 16L, 64L, 256L, 1024L, 4096L, 16384L, 65536L, 262144L, 1048576L, 4194304L, 16777216L, 67108864L);

    private static final List<Double> SECOND_BUCKETS =
            List.of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
    private static final List<Double> FIRST_CHUNK_BUCKETS =
            List.of(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);
    private static final double NANOS = 1e9;
    private static final int MAX_NAMES = 100;

    private final Tracer tracer;
    private final Attributes server;
    private final LongHistogram tokens;
    private final DoubleHistogram durations;
    private final DoubleHistogram firstChunks;
    private final LongCounter retries;
    private final LongCounter recoveries;
    /** Limited, because these names come from the upstream, which may be another server than Anthropic's. */
    private final BoundedNames models = new BoundedNames(MAX_NAMES);

    private final BoundedNames errors = new BoundedNames(MAX_NAMES);

    private GenAiTelemetry(OpenTelemetry telemetry, ClientSettings settings) {
        tracer = telemetry.getTracer(SCOPE);
        server = Attributes.of(SERVER, settings.authority().host().name(), PORT, (long)
                settings.authority().port(settings.baseUri().getScheme()));
        Meter meter = telemetry.getMeter(SCOPE);
        tokens = meter.histogramBuilder("gen_ai.client.token.usage")
                .setUnit("{token}")
                .setDescription("Input and output tokens of messages")
                .ofLongs()
                .setExplicitBucketBoundariesAdvice(TOKEN_BUCKETS)
                .build();
        durations = meter.histogramBuilder("gen_ai.client.operation.duration")
                .setUnit("s")
                .setDescription("Time from the request for a message to its last event, including retries")
                .setExplicitBucketBoundariesAdvice(SECOND_BUCKETS)
                .build();
        firstChunks = meter.histogramBuilder("gen_ai.client.operation.time_to_first_chunk")
                .setUnit("s")
                .setDescription("Time from the request for a streamed message to its first delta")
                .setExplicitBucketBoundariesAdvice(FIRST_CHUNK_BUCKETS)
                .build();
        retries = meter.counterBuilder("claude.client.retries")
                .setUnit("{attempt}")
                .setDescription("Retries of calls to Claude")
                .build();
        recoveries = meter.counterBuilder("claude.client.recoveries")
                .setUnit("{recovery}")
                .setDescription("Requests that continue a broken answer, by the reason of the break")
                .build();
    }

    static GenAiTelemetry of(ClientSettings settings) {
        return new GenAiTelemetry(CDI.current().select(OpenTelemetry.class).get(), settings);
    }

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        SpanBuilder builder = call.request().kind().isMessage()
                ? tracer.spanBuilder(CHAT + " " + call.request().model())
                        .setAttribute(PROVIDER, "anthropic")
                        .setAttribute(OPERATION, CHAT)
                        .setAttribute(REQUEST_MODEL, call.request().model())
                : tracer.spanBuilder(call.method() + " " + call.template()).setAttribute(TEMPLATE, call.template());
        Span span = builder.setSpanKind(SpanKind.CLIENT)
                .setParent(Context.current())
                .setAllAttributes(server)
                .setAttribute(METHOD, call.method())
                .setAttribute(CALLER, call.request().caller())
                .startSpan();
        call.continuedError().ifPresent(reason -> {
            span.setAttribute(RECOVERY_REASON, reason.value());
            recoveries.add(1, Attributes.of(RECOVERY_REASON, errors.of(reason.value())));
        });
        return outcome -> ended(call, span, outcome);
    }

    private void ended(ClaudeCall call, Span span, CallOutcome outcome) {
        if (outcome.status() > 0) {
            span.setAttribute(STATUS, (long) outcome.status());
        }
        outcome.requestId().ifPresent(id -> span.setAttribute(REQUEST_ID, id));
        outcome.error().ifPresent(error -> span.setStatus(StatusCode.ERROR).setAttribute(ERROR, error));
        if (outcome.attempts() > 1) {
            span.setAttribute(RESENT, outcome.attempts() - 1L);
            retries.add(outcome.attempts() - 1L);
        }
        if (call.request().kind().isMessage()) {
            addMessage(span, outcome);
            recordMetrics(outcome);
        }
        span.end();
    }

    private static void addMessage(Span span, CallOutcome outcome) {
        outcome.messageId().ifPresent(id -> span.setAttribute(RESPONSE_ID, id));
        outcome.model().ifPresent(model -> span.setAttribute(RESPONSE_MODEL, model));
        outcome.stopReason().ifPresent(reason -> span.setAttribute(FINISH_REASONS, List.of(reason)));
        outcome.timeToFirstToken().ifPresent(time -> span.setAttribute(FIRST_CHUNK, seconds(time)));
        outcome.tokens().ifPresent(used -> {
            span.setAttribute(INPUT_TOKENS, CallerCounts.input(used)).setAttribute(OUTPUT_TOKENS, used.output());
            for (Map.Entry<AttributeKey<Long>, Long> cached : Map.of(
                            CACHE_READ, used.cacheRead(), CACHE_CREATION, used.cacheWrite() + used.cacheWrite1h())
                    .entrySet()) {
                if (cached.getValue() > 0) {
                    span.setAttribute(cached.getKey(), cached.getValue());
                }
            }
        });
    }

    /**
     * Records the metrics. Their only model is the model that answered: a request may name any model, and each name
     * would be a separate time series.
     */
    private void recordMetrics(CallOutcome outcome) {
        AttributesBuilder common = Attributes.builder()
                .put(PROVIDER, "anthropic")
                .put(OPERATION, CHAT)
                .putAll(server);
        outcome.model()
                .map(models::of)
                .ifPresent(model -> common.put(RESPONSE_MODEL, model).put(REQUEST_MODEL, model));
        Attributes ofAnswer = common.build();
        outcome.tokens().ifPresent(used -> {
            tokens.record(
                    CallerCounts.input(used),
                    ofAnswer.toBuilder().put(TOKEN_TYPE, "input").build());
            tokens.record(
                    used.output(),
                    ofAnswer.toBuilder().put(TOKEN_TYPE, "output").build());
        });
        outcome.timeToFirstToken().ifPresent(time -> firstChunks.record(seconds(time), ofAnswer));
        outcome.error().ifPresent(error -> common.put(ERROR, errors.of(error)));
        durations.record(seconds(outcome.duration()), common.build());
    }

    private static double seconds(Duration time) {
        return time.toNanos() / NANOS;
    }
}
