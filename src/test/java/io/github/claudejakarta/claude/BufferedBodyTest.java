package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BufferedBodyTest {

    @Test
    void releasesItsBytesAndItsReservationOnce() {
        var released = new AtomicInteger();
        byte[] bytes = {1, 2, 3};
        var body = new BufferedBody(bytes, released::incrementAndGet);
        assertThat(body.bytes()).containsSame(bytes);
        assertThat(released).hasValue(0);

        body.release();
        body.release();

        assertThat(body.bytes()).isEmpty();
        assertThat(released).hasValue(1);
    }
}
