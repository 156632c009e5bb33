package io.github.claudejakarta.it.beans;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Map;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.ArchivePath;
import org.jboss.shrinkwrap.api.ArchivePaths;
import org.jboss.shrinkwrap.api.Node;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** Puts a web application into an EAR, and moves all of its libraries into the EAR. */
final class InAnEar {

    private InAnEar() {}

    /**
     * Returns the EAR of an application.
     *
     * @param configuration the lines of the {@code microprofile-config.properties} in the WAR
     */
    static EnterpriseArchive of(WebArchive application, String... configuration) {
        var ear = ShrinkWrap.create(EnterpriseArchive.class, "bank.ear");
        var war = ShrinkWrap.create(WebArchive.class, "bank.war").merge((Archive<?>) application);
        var moved = new ArrayList<ArchivePath>();
        for (Map.Entry<ArchivePath, Node> library : war.getContent(
                        path -> path.get().matches("/WEB-INF/lib/.*\\.jar"))
                .entrySet()) {
            String name = library.getKey().get().replaceFirst(".*/", "");
            ear.add(library.getValue().getAsset(), ArchivePaths.create("lib", name));
            moved.add(library.getKey());
        }
        moved.forEach(war::delete);
        war.add(
                new StringAsset(String.join("\n", configuration)),
                "/WEB-INF/classes/META-INF/microprofile-config.properties");
        return ear.addAsModule(war);
    }

    /** Encodes a value like {@code securityUtility encode}. */
    static String xor(String value) {
        byte[] bytes = value.getBytes(UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bytes[i] ^ '_');
        }
        return "{xor}" + Base64.getEncoder().encodeToString(bytes);
    }
}
