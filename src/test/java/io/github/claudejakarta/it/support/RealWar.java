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
 * The released WAR, with the settings of one test class.
 *
 * <p>Settings are {@code key=value} lines. They override all other sources, including {@code ANTHROPIC_API_KEY} in the
 * environment. By default the WAR sends requests to the {@link ScriptedUpstream} of
 * {@link ScriptedUpstream#startForServer}, in the JVM of the tests or inside the server.
 */
public final class RealWar {

    private RealWar() {}

    /** The WAR for tests that use only HTTP. Their deployment is {@code @Deployment(testable = false)}. */
    public static WebArchive withSettings(String... settings) {
        // In a separate jar, because the WAR may have a microprofile-config.properties in its classes.
        var jar = ShrinkWrap.create(JavaArchive.class, "it-settings.jar")
                .addAsResource(new StringAsset(properties(settings)), "META-INF/microprofile-config.properties");
        return ShrinkWrap.create(ZipImporter.class, "claude-jakarta.war")
                .importFrom(new File(System.getProperty("it.war")))
                .as(WebArchive.class)
                .addAsLibrary(jar);
    }

    /**
     * The WAR for classes with tests inside the server: adds the scripted upstream, the fixtures and AssertJ. Disables
     * the scan for OpenAPI annotations, which would take some seconds.
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
