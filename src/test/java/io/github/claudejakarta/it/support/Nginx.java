package io.github.claudejakarta.it.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The nginx of this machine, as one process that ends with the test class. Classes that need it are skipped if it is
 * missing.
 */
public final class Nginx implements BeforeAllCallback, AfterAllCallback {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private Path executable;
    private Process process;

    @Override
    public void beforeAll(ExtensionContext context) {
        Optional<Path> found = executable();
        if (found.isEmpty()) {
            assertThat(Boolean.getBoolean("it.nginx.required"))
                    .as("nginx is required, but missing on this machine")
                    .isFalse();
            if (!SAID.getAndSet(true)) {
                System.out.println(
                        "[WARNING] The proxy's configuration is not tested: there is no nginx on this machine (apt-get install nginx-light).");
            }
            assumeTrue(false, "no nginx");
        }
        executable = found.get();
    }

    /** Finds nginx. Debian installs it in {@code /usr/sbin}, which is not in the path of every user. */
    private static Optional<Path> executable() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of("/usr/sbin"))
                .map(directory -> Path.of(directory, "nginx"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts nginx and waits until it accepts connections.
     *
     * @param directory the directory of its files
     * @param http the content of its {@code http} block
     * @param port a port that it listens on
     */
    public void start(Path directory, String http, int port) throws Exception {
        Path configuration = Files.writeString(directory.resolve("nginx.conf"), """
            daemon off;
            master_process off;
            pid %1$s/nginx.pid;
            events { }
            http {
                access_log off;
                client_body_temp_path %1$s/body;
                proxy_temp_path %1$s/proxy;
                fastcgi_temp_path %1$s/fastcgi;
                uwsgi_temp_path %1$s/uwsgi;
                scgi_temp_path %1$s/scgi;
            %2$s
            }
            """.formatted(directory, http));
        Path log = directory.resolve("nginx.log");
        process = new ProcessBuilder(
                        executable.toString(),
                        "-e",
                        "stderr",
                        "-p",
                        directory.toString(),
                        "-c",
                        configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!accepts(port)) {
            assertThat(process.isAlive())
                    .as(() -> "nginx does not start: " + text(log))
                    .isTrue();
            assertThat(System.nanoTime())
                    .as(() -> "nginx does not listen: " + text(log))
                    .isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    private static boolean accepts(int port) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String text(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        if (process != null) {
            process.destroy();
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
    }
}
