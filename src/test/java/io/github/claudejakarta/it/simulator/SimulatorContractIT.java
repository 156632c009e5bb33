package io.github.claudejakarta.it.simulator;

import io.github.claudejakarta.simulator.Simulator;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The simulator itself meets the contract of a Messages API. */
class SimulatorContractIT extends HttpContract {

    private static Simulator simulator;

    @BeforeAll
    static void start() throws IOException {
        simulator = Simulator.start(Thread::new);
    }

    @AfterAll
    static void close() {
        simulator.close();
    }

    @Override
    URI base() {
        return simulator.baseUri();
    }
}
