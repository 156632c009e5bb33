package io.github.claudejakarta.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The code has the structure of {@code docs/architecture.md}: the test reads the document's table of packages, and each
 * library is named only in its package.
 */
class ArchitectureTest {

    private static final String ROOT = "io.github.claudejakarta.";
    private static final Path SOURCES = Path.of("src/main/java");
    /** Finds uses that bytecode does not show: constants that the compiler copies, and links in comments. */
    private static final Pattern IMPORT =
            Pattern.compile("(?m)^import (?:static )?" + Pattern.quote(ROOT) + "([a-z.]+)\\.[A-Z]");

    private static final PackageTable TABLE = PackageTable.read();
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    /** A use of a class of another package or of a library. */
    private record Use(JavaClass by, String of) {

        String from() {
            return name(by.getPackageName());
        }

        /** The using class with its package, or the outer class of a nested one. */
        String user() {
            return name(by.getName()).replaceFirst("\\$.*", "");
        }
    }

    private static String name(String ofRoot) {
        return ofRoot.substring(ROOT.length());
    }

    private static Stream<Use> uses() {
        return CLASSES.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream()
                        .map(found -> new Use(
                                type,
                                found.getTargetClass().getBaseComponentType().getName())));
    }

    @Test
    void eachPackageHasARowAndEachRowAPackage() {
        assertThat(CLASSES.stream().map(type -> name(type.getPackageName())).distinct())
                .containsExactlyInAnyOrderElementsOf(TABLE.packages());
    }

    /** The uses between packages, as {@code from -> to}, each with one example. */
    private static Map<String, String> arrows() throws IOException {
        var arrows = new TreeMap<String, String>();
        uses().filter(use -> use.of().startsWith(ROOT))
                .forEach(use -> arrows.putIfAbsent(
                        arrow(use.from(), name(use.of()).replaceFirst("\\.[A-Z].*", "")), use.user()));
        for (Path file : sources()) {
            String from = name(SOURCES.relativize(file.getParent()).toString().replace('/', '.'));
            IMPORT.matcher(Files.readString(file))
                    .results()
                    .forEach(match -> arrows.putIfAbsent(arrow(from, match.group(1)), file.toString()));
        }
        arrows.keySet().removeIf(arrow -> arrow.matches("(.*) -> \\1"));
        return arrows;
    }

    private static String arrow(String from, String to) {
        return from + " -> " + to;
    }

    private static Set<String> allowedArrows() {
        return TABLE.packages().stream()
                .flatMap(from -> TABLE.allowed(from).stream().map(to -> arrow(from, to)))
                .collect(Collectors.toSet());
    }

    @Test
    void packagesUseOnlyWhatTheirRowAllows() throws IOException {
        Map<String, String> forbidden = arrows();
        forbidden.keySet().removeAll(allowedArrows());

        assertThat(forbidden).isEmpty();
    }

    /** Without this test the table would allow more and more. */
    @Test
    void rowsAllowOnlyWhatTheirPackageUses() throws IOException {
        Set<String> unused = allowedArrows();
        unused.removeAll(arrows().keySet());
        unused.removeIf(arrow -> arrow.startsWith("app -> "));

        assertThat(unused).isEmpty();
    }

    @Test
    void noPackagesUseEachOtherInACircle() {
        SlicesRuleDefinition.slices()
                .matching(ROOT + "(**)")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    /** A library, and the purpose that another library could serve too. */
    private record Library(String name, String packages, String namedBy) {

        @Override
        public String toString() {
            return name;
        }
    }

    /** The libraries with the classes that may name them, as a regular expression over {@code package.Class}. */
    static List<Library> libraries() {
        return List.of(
                new Library("Jersey", "org\\.glassfish\\..*", "claude\\.http\\..*"),
                new Library("Apache HttpClient", "org\\.apache\\.hc\\..*", "(claude\\.http|net|webhook)\\..*"),
                new Library("OpenTelemetry", "io\\.opentelemetry\\..*", "observe\\..*"),
                new Library(
                        "JDBC",
                        "javax?\\.sql\\..*",
                        "durable\\..*|(batch|conversation|job|listener|usage|webhook)\\.\\w*(Store|Rows)"
                                + "|batch\\.(Part(Outcomes|Requests|Results|States|Updates)|Resubmission)|job\\.JobStep|webhook\\.Webhooks|listener\\.Listener(s|Tasks)|server\\..*"),
                new Library("Flyway", "org\\.flywaydb\\..*", "durable\\..*"),
                new Library(
                        "db-scheduler", "com\\.github\\.kagkarlsson\\..*", "(durable|batch|job|listener|webhook)\\..*"),
                new Library(
                        "methods by name",
                        "java\\.lang\\.reflect\\.(Method|Constructor|Field)",
                        "server\\..*|claude\\.JsonBackedReader|durable\\.(OneConnection|WatchedSource)|edge\\.RateLimitFilter"),
                new Library("the server's directory", "javax\\.naming\\..*", "server\\..*"),
                new Library("the server's transactions", "jakarta\\.transaction\\.(?!Transactional).*", "server\\..*"),
                new Library("Liberty", "com\\.ibm\\..*|io\\.openliberty\\..*|org\\.osgi\\..*", "none"),
                new Library(
                        "JAX-RS",
                        "jakarta\\.ws\\.rs\\..*",
                        "(binding|claude\\.http|edge|gateway|observe|rest|web)\\..*|\\w+\\.\\w+Resource"
                                + "|batch\\.BatchWatch|server\\.ReasonPhrases|stream\\.(ClaudeStreamingBean|SinkEvents|SinkOutput)"),
                new Library(
                        "the Servlet API",
                        "jakarta\\.servlet\\..*",
                        "(edge|gateway|observe|rest|server|socket|web)\\..*|\\w+\\.\\w+Resource"),
                new Library(
                        "MicroProfile Config",
                        "org\\.eclipse\\.microprofile\\.config\\..*",
                        "(app|observe)\\..*|edge\\.Callers"),
                new Library(
                        "Fault Tolerance", "org\\.eclipse\\.microprofile\\.faulttolerance\\..*", "claude\\.http\\..*"),
                new Library("Jackson", "com\\.fasterxml\\..*", "binding\\.ClaudeJacksonModule"),
                new Library(
                        "JSON-B",
                        "jakarta\\.json\\.bind\\..*",
                        "claude\\.\\w+|job\\.Job|batch\\.Batch|binding\\.ClaudeJsonb"),
                new Library("FastCSV", "de\\.siegmar\\..*", "(batch|usage)\\..*"),
                new Library("Bucket4j", "io\\.github\\.bucket4j\\..*", "usage\\..*"),
                new Library("Standard Webhooks", "com\\.standardwebhooks\\..*", "webhook\\.Signer"),
                new Library(
                        "a container",
                        "jakarta\\.(?!json\\.).*|org\\.eclipse\\.microprofile\\..*",
                        "(?!(claude|net|runtime|recovery|simulator)\\.\\w+$).*"));
    }

    @ParameterizedTest
    @MethodSource("libraries")
    void aLibraryIsNamedOnlyWhereItBelongs(Library library) {
        var strangers = new TreeSet<String>();
        uses().filter(use -> use.of().matches(library.packages()) && !use.user().matches(library.namedBy()))
                .forEach(use -> strangers.add(use.user() + " names " + use.of()));

        assertThat(strangers).isEmpty();
    }

    /**
     * Server classes that the compiler does not know, and names in the server's directory: reflection uses them as
     * strings.
     */
    @Test
    void theServersOwnNamesAreInOnePlace() throws IOException {
        var servers = Pattern.compile("\"(com\\.ibm\\.|io\\.openliberty\\.|org\\.osgi\\.|java:|jdbc/|concurrent/)");
        var strangers = new TreeSet<String>();
        for (Path file : sources()) {
            if (!file.getParent().endsWith("server")
                    && servers.matcher(Files.readString(file)).find()) {
                strangers.add(file.toString());
            }
        }

        assertThat(strangers).isEmpty();
    }

    /**
     * Applications use the package with a classes jar in which libraries have other names, and possibly without
     * AssertJ.
     */
    @Test
    void thePackageForTestsNeedsNoLibrary() {
        List<JavaClass> testing = new ClassFileImporter()
                .importPath(Path.of("target/test-classes/io/github/claudejakarta/testing")).stream()
                        .filter(type -> !type.getName().matches(".*Test(\\$.*)?"))
                        .toList();
        Pattern allowed = Pattern.compile("javax?\\..*|jakarta\\..*|org\\.eclipse\\.microprofile\\.config\\..*"
                + "|org\\.junit\\.(jupiter\\.api|platform\\.commons)\\..*|" + Pattern.quote(ROOT) + ".*|[a-z]+");

        assertThat(testing.stream()
                        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                        .filter(use -> !allowed.matcher(use.getTargetClass()
                                        .getBaseComponentType()
                                        .getName())
                                .matches())
                        .filter(use -> !use.getOriginClass().getName().contains("ClaudeAssertions"))
                        .map(use -> use.getDescription()))
                .isEmpty();
        assertThat(testing).isNotEmpty();
    }

    /** The packages that the build excludes from the classes jar. */
    private static Set<String> packagesOfTheWarAlone() throws IOException {
        return Pattern.compile("<exclude name=\"" + ROOT.replace('.', '/') + "(\\w+)/\"/>")
                .matcher(Files.readString(Path.of("pom.xml")))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }

    /** Otherwise an application that injects the beans would also serve such a class, or prefer it to its own. */
    @Test
    void onlyTheWarHasClassesThatAContainerServesAutomatically() throws IOException {
        Set<String> ofTheWarAlone = packagesOfTheWarAlone();
        Pattern found = Pattern.compile(
                "jakarta\\.(ws\\.rs\\.(Path|ApplicationPath|ext\\.Provider)|servlet\\.annotation\\..*|websocket\\..*)");

        assertThat(CLASSES.stream()
                        .filter(type -> type.getAnnotations().stream()
                                .anyMatch(annotation -> found.matcher(
                                                annotation.getRawType().getName())
                                        .matches()))
                        .map(type -> name(type.getName()))
                        .filter(type -> !ofTheWarAlone.contains(type.replaceFirst("\\..*", ""))))
                .isEmpty();
        assertThat(ofTheWarAlone).hasSize(4);
    }

    @Test
    void theClassesJarNeedsNothingThatItLacks() throws IOException {
        Set<String> ofTheWarAlone = packagesOfTheWarAlone();

        assertThat(uses().filter(use -> use.of().startsWith(ROOT) && !ofTheWarAlone.contains(use.from()))
                        .filter(use -> ofTheWarAlone.contains(name(use.of()).replaceFirst("\\..*", "")))
                        .map(use -> use.user() + " uses " + name(use.of()))
                        .distinct())
                .isEmpty();
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        }
    }
}
