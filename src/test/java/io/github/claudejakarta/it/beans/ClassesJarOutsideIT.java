package io.github.claudejakarta.it.beans;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.durable.RealPostgres;
import io.github.claudejakarta.it.support.OwnServers;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGConnectionPoolDataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The classes jar and the test jar outside a server, with the APIs and JSON-P and no other library: every class that
 * the libraries look up by name at run time is available under its relocated name.
 */
@OwnServers
class ClassesJarOutsideIT {

    private static final Path JAR = Path.of(System.getProperty("it.classes"));
    private static final Pattern OTHERS = Pattern.compile("(jakarta\\.|microprofile-|parsson-).*\\.jar");

    @TempDir
    private Path directory;

    @Test
    void streamsAndBatchesOnH2() throws Exception {
        JdbcConnectionPool pool = JdbcConnectionPool.create("jdbc:h2:mem:outside", "claude", "claude");
        try {
            assertThat(run(pool)).isEqualTo("text, a succeeded, b succeeded");
        } finally {
            pool.dispose();
        }
    }

    @Test
    void streamsAndBatchesOnPostgres() throws Exception {
        var source = new PGSimpleDataSource();
        source.setUrl(((PGConnectionPoolDataSource) RealPostgres.emptyDatabase()).getUrl());
        source.setUser("postgres");

        assertThat(run(source)).isEqualTo("text, a succeeded, b succeeded");
    }

    private String run(DataSource database) throws Exception {
        File own = directory.resolve("application.jar").toFile();
        ShrinkWrap.create(JavaArchive.class)
                .addClass(OutsideApplication.class)
                .as(ZipExporter.class)
                .exportTo(own, true);
        List<URL> path = new ArrayList<>();
        for (File file : List.of(own, JAR.toFile(), test())) {
            path.add(file.toURI().toURL());
        }
        for (String file : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (OTHERS.matcher(Path.of(file).getFileName().toString()).matches()) {
                path.add(Path.of(file).toUri().toURL());
            }
        }
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (var loader = new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            @SuppressWarnings("unchecked")
            var application =
                    (Function<DataSource, Callable<String>>) loader.loadClass(OutsideApplication.class.getName())
                            .getConstructor()
                            .newInstance();
            return application.apply(database).call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static File test() {
        return JAR.resolveSibling(JAR.getFileName().toString().replace("-classes.jar", "-test.jar"))
                .toFile();
    }
}
