package io.github.claudejakarta.it.support;

import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.File;
import java.net.URISyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.bytebuddy.ByteBuddy;
import org.assertj.core.api.Assertions;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/**
 * The WAR that users get, with the settings of one test class.
 *
 * <p>Settings are {@code key=value} lines, stronger than any other source, an {@code ANTHROPIC_API_KEY} in the
 * environment included. Unless they say otherwise the WAR talks to a {@link ScriptedUpstream} that
 * {@link ScriptedUpstream#startForServer} has started, in the tests' JVM or inside the server.
 */
public final class RealWar {

    private RealWar() {}

    /**
     * For tests that talk to the server over HTTP alone; the deployment is then {@code @Deployment(testable = false)}.
     */
    public static WebArchive withSettings(String... settings) {
        // A jar of its own: the WAR may have a microprofile-config.properties among its classes.
        var jar = ShrinkWrap.create(JavaArchive.class, "it-settings.jar")
                .addAsResource(new StringAsset(properties(settings)), "META-INF/microprofile-config.properties");
        return ShrinkWrap.create(ZipImporter.class, "claude-jakarta.war")
                .importFrom(new File(System.getProperty("it.war")))
                .as(WebArchive.class)
                .addAsLibrary(jar);
    }

    /**
     * For tests of which some run inside the server: adds the scripted upstream, the fixtures and AssertJ. The server
     * looks for nothing to describe there, which would take it some seconds.
     */
    public static WebArchive withTestsInside(String... settings) {
        return withSettings(Stream.concat(Stream.of("mp.openapi.scan.disable=true"), Stream.of(settings))
                        .toArray(String[]::new))
                .addPackage(ScriptedUpstream.class.getPackage())
                .addAsResource("fixtures")
                .addAsLibraries(jarOf(Assertions.class), jarOf(ByteBuddy.class));
    }

    private static String properties(String... settings) {
        return Stream.concat(
                        Stream.of(
                                "config_ordinal=1000",
                                "claude.upstream=anthropic",
                                "claude.base-url=http://127.0.0.1:" + System.getProperty("it.upstream.port"),
                                "claude.api-key=sk-ant-it"),
                        Stream.of(settings))
                // of two lines with one key the later counts
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static File jarOf(Class<?> type) {
        try {
            return new File(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
