package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeliveryTest {

    private static final URI URL = URI.create("https://hooks.example.com/a?b=c");
    private static final Instant CREATED = Instant.parse("2026-11-21T09:30:00.123456Z");

    @Test
    void showsAllValues() {
        var delivery = new Delivery(
                "msg_1",
                "job.failed",
                URL,
                DeliveryStatus.GONE,
                3,
                Optional.of(410),
                Optional.of("left \"us\""),
                CREATED,
                Optional.of(CREATED.plusSeconds(1)),
                Optional.of(CREATED.plusSeconds(2)),
                Optional.of(CREATED.plusSeconds(3)));

        assertThat(delivery.json())
                .hasToString(
                        "{\"id\":\"msg_1\",\"type\":\"delivery\",\"event\":\"job.failed\",\"url\":\"https://hooks.example.com/a?b=c\","
                                + "\"status\":\"gone\",\"attempts\":3,\"last_status\":410,\"last_answer\":\"left \\\"us\\\"\",\"created_at\":\"2026-11-21T09:30:00.123456Z\","
                                + "\"last_attempt_at\":\"2026-11-21T09:30:01.123456Z\",\"next_attempt_at\":\"2026-11-21T09:30:02.123456Z\","
                                + "\"ended_at\":\"2026-11-21T09:30:03.123456Z\"}");
    }

    @Test
    void hasNullForUnknownValues() {
        assertThat(fresh().json())
                .hasToString(
                        "{\"id\":\"msg_1\",\"type\":\"delivery\",\"event\":\"job.succeeded\",\"url\":\"https://hooks.example.com/a?b=c\","
                                + "\"status\":\"pending\",\"attempts\":0,\"last_status\":null,\"last_answer\":null,\"created_at\":\"2026-11-21T09:30:00.123456Z\","
                                + "\"last_attempt_at\":null,\"next_attempt_at\":null,\"ended_at\":null}");
    }

    private static Delivery fresh() {
        return new Delivery(
                "msg_1",
                "job.succeeded",
                URL,
                DeliveryStatus.PENDING,
                0,
                Optional.empty(),
                Optional.empty(),
                CREATED,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    @ParameterizedTest
    @EnumSource(DeliveryStatus.class)
    void theStatusIsInLowerCaseAndCanBeParsed(DeliveryStatus status) {
        assertThat(status.toString()).isEqualTo(status.name().toLowerCase(Locale.ROOT));
        assertThat(DeliveryStatus.of(status.toString())).isEqualTo(status);
    }

    @Test
    void beforeTheFirstEndACallbackIsWaiting() {
        assertThat(new Callback(URL, Optional.empty()).json())
                .hasToString(
                        "{\"url\":\"https://hooks.example.com/a?b=c\",\"status\":\"waiting\",\"delivery_id\":null,\"attempts\":0}");
    }

    @Test
    void aCallbackHasTheStatusOfItsDelivery() {
        assertThat(new Callback(URL, Optional.of(fresh())).json())
                .hasToString(
                        "{\"url\":\"https://hooks.example.com/a?b=c\",\"status\":\"pending\",\"delivery_id\":\"msg_1\",\"attempts\":0}");
    }
}
