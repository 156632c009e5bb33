package io.github.claudejakarta.observe;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import jakarta.enterprise.inject.spi.CDI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Creates metrics whose values are read only when they are exported. They are exported until {@link #close}. */
final class Instruments implements AutoCloseable {

    private final Meter meter = CDI.current().select(OpenTelemetry.class).get().getMeter(GenAiTelemetry.SCOPE);
    /** The actions that end the instruments. */
    private final List<Runnable> closeActions = new ArrayList<>();

    void gauge(String name, String unit, String description, Consumer<ObservableLongMeasurement> read) {
        closeActions.add(meter.gaugeBuilder(name)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .buildWithCallback(read)::close);
    }

    void seconds(String name, String description, Consumer<ObservableDoubleMeasurement> read) {
        closeActions.add(meter.gaugeBuilder(name)
                .setUnit("s")
                .setDescription(description)
                .buildWithCallback(read)::close);
    }

    void counter(String name, String unit, String description, Consumer<ObservableLongMeasurement> read) {
        closeActions.add(meter.counterBuilder(name)
                .setUnit(unit)
                .setDescription(description)
                .buildWithCallback(read)::close);
    }

    void amount(String name, String unit, String description, Consumer<ObservableDoubleMeasurement> read) {
        closeActions.add(meter.counterBuilder(name)
                .setUnit(unit)
                .setDescription(description)
                .ofDoubles()
                .buildWithCallback(read)::close);
    }

    @Override
    public void close() {
        closeActions.forEach(Runnable::run);
    }
}
