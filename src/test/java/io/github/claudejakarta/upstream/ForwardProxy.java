package io.github.claudejakarta.upstream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A forward proxy for tests, on a socket of this machine: tunnels ({@code CONNECT}) and requests in absolute form.
 * Every host name leads to this machine, so a test can use names that only the proxy resolves. Safe for use by several
 * threads.
 */
public final class ForwardProxy implements AutoCloseable {

    /**
     * A request to the proxy itself.
     *
     * @param headers the lines as received
     */
    public record Seen(String method, String target, List<String> headers) {

        /** Returns the value of a header by its name in lower case. */
        public Optional<String> header(String name) {
            return headers.stream()
                    .filter(line -> line.substring(0, line.indexOf(':')).equalsIgnoreCase(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        }
    }

    private final ServerSocket server;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        var thread = new Thread(work, "forward-proxy");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile String credentials;
    private volatile String answer;
    private volatile boolean isSilent;

    private ForwardProxy(ServerSocket server) {
        this.server = server;
        threads.execute(this::accept);
    }

    /** Starts a proxy on a free port. */
    public static ForwardProxy start() {
        try {
            return new ForwardProxy(new ServerSocket(0, 100, InetAddress.getByName("127.0.0.1")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a proxy with TLS. */
    public static ForwardProxy startSecured(SSLContext identity) {
        try {
            return new ForwardProxy(
                    identity.getServerSocketFactory().createServerSocket(0, 100, InetAddress.getByName("127.0.0.1")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the proxy require a user and a password, as {@code user:password}. */
    public ForwardProxy requiring(String userAndPassword) {
        credentials = userAndPassword;
        return this;
    }

    /** Makes the proxy answer each request with these bytes, and close the connection. */
    public void answer(String raw) {
        answer = raw;
    }

    /** Makes the proxy read requests without answering them. */
    public void beSilent() {
        isSilent = true;
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Returns the proxy's URL, for {@code claude.proxy}. */
    public String url() {
        return (server instanceof SSLServerSocket ? "https" : "http") + "://localhost:" + port();
    }

    /** Returns the proxy's URL with a user and a password, percent-encoded by the caller. */
    public String url(String user) {
        return url().replace("://", "://" + user + "@");
    }

    /** Returns all requests so far. */
    public List<Seen> seen() {
        return seen;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                threads.execute(() -> serve(client));
            }
        } catch (IOException | RejectedExecutionException e) {
            // close() has closed the port.
        }
    }

    private void serve(Socket client) {
        open.add(client);
        try (client) {
            var in = new BufferedInputStream(client.getInputStream());
            List<String> head = head(in);
            if (head.isEmpty()) {
                return;
            }
            Seen request = seen(head);
            String refusal = refusal(request);
            if (isSilent) {
                in.transferTo(OutputStream.nullOutputStream());
            } else if (refusal != null) {
                client.getOutputStream().write(refusal.getBytes(ISO_8859_1));
                client.shutdownOutput();
                in.transferTo(OutputStream.nullOutputStream());
            } else if (request.method().equals("CONNECT")) {
                tunnel(
                        client,
                        in,
                        Integer.parseInt(
                                request.target().substring(request.target().lastIndexOf(':') + 1)));
            } else {
                forward(client, in, request);
            }
        } catch (IOException e) {
            // One side has ended, or close() was called.
        } finally {
            open.remove(client);
        }
    }

    private String refusal(Seen request) {
        if (answer != null) {
            return answer;
        }
        String expected =
                credentials == null ? null : "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8));
        return expected == null
                        || request.header("proxy-authorization")
                                .filter(expected::equals)
                                .isPresent()
                ? null
                : "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"bank\"\r\ncontent-length: 6\r\n\r\ndenied";
    }

    private Seen seen(List<String> head) {
        String[] first = head.get(0).split(" ");
        var request = new Seen(first[0], first[1], List.copyOf(head.subList(1, head.size())));
        seen.add(request);
        return request;
    }

    private void tunnel(Socket client, InputStream in, int port) throws IOException {
        try (Socket target = connected(port)) {
            client.getOutputStream()
                    .write("HTTP/1.1 200 Connection established\r\nvia: bank\r\n\r\n".getBytes(ISO_8859_1));
            threads.execute(() -> copy(target, client));
            copy(in, target.getOutputStream());
        }
    }

    /** Forwards the requests of a connection one after the other, and does not parse the answers. */
    private void forward(Socket client, InputStream in, Seen first) throws IOException {
        URI url = URI.create(first.target().replaceFirst("//(\\[[^/]*]|[^/:]*)", "//localhost"));
        try (Socket target = connected(url.getPort())) {
            threads.execute(() -> copy(target, client));
            Seen request = first;
            while (true) {
                String path = request.target().replaceFirst("http://[^/]*", "");
                var text = new StringBuilder(request.method() + " " + path + " HTTP/1.1\r\n");
                request.headers().stream()
                        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("proxy-"))
                        .forEach(line -> text.append(line).append("\r\n"));
                target.getOutputStream().write(text.append("\r\n").toString().getBytes(ISO_8859_1));
                body(in, target.getOutputStream(), request);
                List<String> head = head(in);
                if (head.isEmpty()) {
                    return;
                }
                request = seen(head);
            }
        }
    }

    private static void body(InputStream in, OutputStream out, Seen request) throws IOException {
        if (request.header("transfer-encoding").isEmpty()) {
            out.write(in.readNBytes(
                    Integer.parseInt(request.header("content-length").orElse("0"))));
            return;
        }
        int size;
        do {
            String line = line(in);
            size = Integer.parseInt(line, 16);
            out.write((line + "\r\n").getBytes(ISO_8859_1));
            out.write(in.readNBytes(size + 2));
        } while (size > 0);
    }

    private Socket connected(int port) throws IOException {
        var target = new Socket(InetAddress.getByName("127.0.0.1"), port);
        target.setTcpNoDelay(true);
        open.add(target);
        return target;
    }

    private void copy(Socket from, Socket to) {
        try (from;
                to) {
            copy(from.getInputStream(), to.getOutputStream());
        } catch (IOException e) {
            // One side has ended.
        } finally {
            open.remove(from);
        }
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        var buffer = new byte[8 << 10];
        for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
            to.write(buffer, 0, count);
            to.flush();
        }
    }

    private static List<String> head(InputStream in) throws IOException {
        var lines = new ArrayList<String>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            lines.add(line);
        }
        return lines;
    }

    private static String line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(ISO_8859_1);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            server.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
