package io.github.claudejakarta.it.callers;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.OwnServers;
import io.github.claudejakarta.it.support.ServerProcess;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server that listens on all addresses and has no clients: it serves only the loopback address of its own machine.
 */
@OwnServers
class OtherAddressIT {

    @RegisterExtension
    static final ServerProcess SERVER = new ServerProcess("claude-all-addresses")
            .with("CLAUDE_UPSTREAM", "simulator")
            .with("HTTP_HOST", "*");

    @BeforeAll
    static void start() throws Exception {
        SERVER.start();
    }

    @Test
    void rejectsRequestsFromOtherAddresses() throws Exception {
        InetAddress other = otherAddress();
        var connection =
                (HttpURLConnection) URI.create("http://" + other.getHostAddress() + ":" + SERVER.port() + "/v1/models")
                        .toURL()
                        .openConnection();

        assertThat(connection.getResponseCode()).isEqualTo(403);
        String error = new String(connection.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(error)
                .contains("permission_error")
                .contains("only this machine is served. Configure a client for each other caller.");
    }

    @Test
    void logsTheRejection() throws Exception {
        assertThat(SERVER.log()).contains("No clients are configured (claude.clients): only this machine is served");
    }

    @Test
    void servesThisMachineAndReportsHealthToAll() throws Exception {
        var own = (HttpURLConnection) SERVER.uri().resolve("/v1/models").toURL().openConnection();
        assertThat(own.getResponseCode()).isEqualTo(200);
        var health = (HttpURLConnection)
                URI.create("http://" + otherAddress().getHostAddress() + ":" + SERVER.port() + "/health/ready")
                        .toURL()
                        .openConnection();
        assertThat(health.getResponseCode()).isEqualTo(200);
    }

    /** The address of a network card. A test machine has one. */
    private static InetAddress otherAddress() throws Exception {
        return Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && address instanceof java.net.Inet4Address)
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "this machine has no address beside loopback; ip link add dummy0 type dummy gives it one"));
    }
}
