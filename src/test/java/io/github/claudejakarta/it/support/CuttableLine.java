package io.github.claudejakarta.it.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A TCP proxy between a browser and the server. It forwards all bytes, and a test can cut its connections. */
public final class CuttableLine implements AutoCloseable {

    private static final int BUFFER = 8192;

    private final ServerSocket listening;
    private final int server;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private volatile boolean isCut;
    private final StringBuffer received = new StringBuffer();

    public CuttableLine(URI server) throws IOException {
        this.server = server.getPort();
        listening = new ServerSocket();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), ServerProcess.freePort()));
        begin(this::accept);
    }

    public URI uri() {
        return URI.create("http://localhost:" + listening.getLocalPort());
    }

    /** All requests so far. */
    public String requests() {
        return received.toString();
    }

    /** Breaks all connections. New connections break immediately until {@link #mend()} is called. */
    public void cut() {
        isCut = true;
        open.forEach(CuttableLine::reset);
        open.clear();
    }

    public void mend() {
        isCut = false;
    }

    private void accept() {
        try {
            while (true) {
                Socket browser = listening.accept();
                if (isCut) {
                    reset(browser);
                    continue;
                }
                Socket there = new Socket(InetAddress.getByName("localhost"), server);
                open.add(browser);
                open.add(there);
                begin(() -> pass(browser, there, true));
                begin(() -> pass(there, browser, false));
            }
        } catch (IOException e) {
            // The line is closed.
        }
    }

    private void pass(Socket from, Socket to, boolean isAsking) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (isAsking) {
                    received.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // The connection was cut, or one side closed it.
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // The line is closed.
        }
    }

    private static void begin(Runnable task) {
        var thread = new Thread(task, "cuttable line");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
    }
}
