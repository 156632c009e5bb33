package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.lang.reflect.Proxy;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** Tests with objects that have Liberty's methods, and with a Liberty that lacks them. */
@SuppressWarnings("unused")
class LibertyTest {

    private static final ServletRequest ANY = (ServletRequest) Proxy.newProxyInstance(
            LibertyTest.class.getClassLoader(),
            new Class<?>[] {ServletRequest.class},
            (proxy, method, arguments) -> null);

    private final Liberty liberty = new Liberty();

    /** The methods have the names of Liberty's methods. */
    private static class Request extends ServletRequestWrapper {

        private final Object connection;

        Request(Object connection) {
            super(ANY);
            this.connection = connection;
        }

        private Object getIRequest() {
            return new WebContainerRequest(connection);
        }
    }

    private record WebContainerRequest(Object connection) {

        private Object getHttpInboundConnection() {
            return new HttpConnection(connection);
        }
    }

    private record HttpConnection(Object connection) {

        private Object getTCPConnectionContext() {
            return connection;
        }
    }

    private record Channel(Socket socket) {

        private Socket getSocket() {
            return socket;
        }
    }

    private record PlainConnection(Channel channel) {

        private Channel getSocketIOChannel() {
            return channel;
        }
    }

    private record TlsConnection(Channel channel) {

        private Channel getDeviceReadInterface() {
            return channel;
        }
    }

    @Test
    void theSocketOfARequestIsFoundWithAndWithoutTls() {
        var socket = new Socket();
        var channel = new Channel(socket);

        assertThat(liberty.socket(new Request(new PlainConnection(channel)))).contains(socket);
        assertThat(liberty.socket(new Request(new TlsConnection(channel)))).contains(socket);
    }

    @Test
    void anotherVersionOfLibertyActsAsAPortableServer() {
        ServletRequest ofAnotherVersion = new ServletRequestWrapper(ANY);

        assertThat(liberty.socket(new Request(this))).isEmpty();
        assertThat(liberty.socket(ofAnotherVersion)).isEmpty();
        liberty.completeReasonPhrases(this);
        Runnable action = () -> {};
        liberty.onStop(action).run();
    }

    @Test
    void aServerIsRecognizedByItsClassLoader() {
        assertThat(KnownServers.of(getClass().getClassLoader())).isExactlyInstanceOf(PortableServer.class);
        assertThat(ApplicationServer.current()).isExactlyInstanceOf(PortableServer.class);
    }
}
