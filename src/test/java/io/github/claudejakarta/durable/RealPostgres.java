package io.github.claudejakarta.durable;

import io.github.claudejakarta.lane.Lane;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.ConnectionPoolDataSource;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A PostgreSQL server, started at its first use and stopped with the JVM.
 *
 * <p>PostgreSQL refuses to run as root. Zonky then runs it in a separate user namespace. If user namespaces are
 * forbidden, as in many containers, this class runs it as the user {@code nobody}.
 */
public final class RealPostgres {

    private static final AtomicInteger DATABASES = new AtomicInteger();
    private static final int NOBODY = 65_534;
    /** Referenced here, because a logger without references loses its level. */
    private static final Logger ZONKY = Logger.getLogger("io.zonky");

    private static int port;

    private RealPostgres() {}

    /** Returns an empty database. */
    public static ConnectionPoolDataSource emptyDatabase() throws Exception {
        var admin = new PGSimpleDataSource();
        admin.setURL(url("postgres"));
        String name = "test" + DATABASES.incrementAndGet();
        try (Connection connection = admin.getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        }
        var source = new PGConnectionPoolDataSource();
        source.setUrl(url(name));
        source.setUser("postgres");
        return source;
    }

    private static synchronized String url(String database) throws Exception {
        Lane.current().requireSlow("PostgreSQL");
        if (port == 0) {
            port = start();
        }
        return "jdbc:postgresql://localhost:" + port + "/" + database + "?user=postgres";
    }

    @SuppressWarnings("resource") // ends with the JVM
    private static int start() throws Exception {
        ZONKY.setLevel(Level.WARNING);
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("max_connections", "200")
                    .start()
                    .getPort();
        } catch (IOException | IllegalStateException e) {
            return startAsNobody(e);
        }
    }

    private static int startAsNobody(Exception why) throws Exception {
        Path binaries = extracted();
        Path data = Files.createTempDirectory("postgres-data");
        run(List.of("chown", Integer.toString(NOBODY), data.toString()), why);
        run(
                asNobody(
                        binaries.resolve("initdb"),
                        "-D",
                        data.toString(),
                        "-U",
                        "postgres",
                        "-A",
                        "trust",
                        "-E",
                        "UTF-8",
                        "--locale=C"),
                why);
        return startServer(binaries, data);
    }

    /**
     * Another process may take the free port before the server does. The server then ends, and another port is tried.
     */
    private static int startServer(Path binaries, Path data) throws Exception {
        SQLException failure = null;
        for (int attempt = 0; attempt < 3; attempt++) {
            int free = freePort();
            Process server = new ProcessBuilder(asNobody(
                            binaries.resolve("postgres"),
                            "-D",
                            data.toString(),
                            "-p",
                            Integer.toString(free),
                            "-F",
                            "-c",
                            "max_connections=200",
                            "-c",
                            "unix_socket_directories="))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var atEnd = new Thread(() -> stop(server, data));
            Runtime.getRuntime().addShutdownHook(atEnd);
            try {
                awaitConnection(free, server);
                return free;
            } catch (SQLException e) {
                Runtime.getRuntime().removeShutdownHook(atEnd);
                failure = e;
            }
        }
        throw failure;
    }

    /** Returns the binaries, which Zonky has unpacked before it failed. */
    private static Path extracted() throws IOException {
        try (var files = Files.find(
                Path.of(System.getProperty("java.io.tmpdir"), "embedded-pg"),
                3,
                (file, attributes) -> file.endsWith("bin/initdb"))) {
            return files.max(Comparator.comparing(file -> file.toFile().lastModified()))
                    .orElseThrow(() -> new IOException("PostgreSQL was not unpacked"))
                    .getParent();
        }
    }

    private static List<String> asNobody(Path program, String... arguments) {
        var command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", program.toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    private static void run(List<String> command, Exception why) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + output, why);
        }
    }

    private static void stop(Process server, Path data) {
        server.destroy();
        try {
            server.waitFor();
            run(List.of("rm", "-r", data.toString()), null);
        } catch (Exception e) {
            // The JVM ends, and the remaining files are in the folder for temporary files.
            return;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitConnection(int port, Process server) throws Exception {
        var source = new PGSimpleDataSource();
        source.setURL("jdbc:postgresql://localhost:" + port + "/postgres?user=postgres");
        while (true) {
            try (Connection connection = source.getConnection()) {
                return;
            } catch (SQLException e) {
                if (!server.isAlive()) {
                    throw e;
                }
                Thread.sleep(50);
            }
        }
    }
}
