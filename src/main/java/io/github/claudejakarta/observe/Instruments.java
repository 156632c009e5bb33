package io.github.claudejakarta.observe;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import jakarta.enterprise.inject.spi.CDI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Metrics that are read when they are exported, and cost nothing in between. They are reported until {@link #close}.
 */
final class Instruments implements AutoCloseable {

    private final Meter meter = CDI.current().select(OpenTelemetry.class).get().getMeter(GenAiTelemetry.SCOPE);
    /** What ends each instrument. */
    private final List<Runnable> ends = new ArrayList<>();

    void gauge(String name, String unit, String what, Consumer<ObservableLongMeasurement> read) {
        ends.add(meter.gaugeBuilder(name)
                .setUnit(unit)
                .setDescription(what)
                .ofLongs()
                .buildWithCallback(read)::close);
    }

    void seconds(String name, String what, Consumer<ObservableDoubleMeasurement> read) {
        ends.add(meter.gaugeBuilder(name).setUnit("s").setDescription(what).buildWithCallback(read)::close);
    }

    void counter(String name, String unit, String what, Consumer<ObservableLongMeasurement> read) {
        ends.add(meter.counterBuilder(name).setUnit(unit).setDescription(what).buildWithCallback(read)::close);
    }

    void amount(String name, String unit, String what, Consumer<ObservableDoubleMeasurement> read) {
        ends.add(meter.counterBuilder(name)
                .setUnit(unit)
                .setDescription(what)
                .ofDoubles()
                .buildWithCallback(read)::close);
    }

    @Override
    public void close() {
        ends.forEach(Runnable::run);
    }
}
