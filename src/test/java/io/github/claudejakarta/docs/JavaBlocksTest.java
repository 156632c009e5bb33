package io.github.claudejakarta.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Java blocks of each page compile, all blocks of a page together. A block is one of these:
 *
 * <ul>
 *   <li>a compilation unit with a package or imports, which is compiled as it is;
 *   <li>a class without them, which gets imports;
 *   <li>members of a class, or statements: they get the imports, and the beans {@code claude}, {@code batches},
 *       {@code jobs}, {@code conversations} and {@code prices}.
 * </ul>
 */
@Slow("runs the compiler")
class JavaBlocksTest {

    private static final Pattern UNIT = Pattern.compile("(?m)^(?:package|import) [\\w.* ]+;");
    private static final Pattern TYPE = Pattern.compile(
            "(?m)^(?:(?:public|final|abstract|sealed|non-sealed|strictfp) )*(?:class|interface|@interface|enum|record) (\\w+)");
    private static final Pattern MEMBERS = Pattern.compile(
            "\\A(?:\\s|/\\*.*?\\*/|//[^\\n]*\\n)*" + "(?:@\\w|(?:public|protected|private|static|void|abstract) )",
            Pattern.DOTALL);
    private static final Pattern RETURN = Pattern.compile("(?m)^(?: {4})?return [^;]");

    private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();
    private static final StandardJavaFileManager FILES = COMPILER.getStandardFileManager(null, Locale.ROOT, null);
    private static final String IMPORTS_OF_CLASSES =
            imports("jakarta.persistence.*", "jakarta.ws.rs.*", "jakarta.ws.rs.core.*", "jakarta.ws.rs.ext.*");
    private static final String IMPORTS_OF_STATEMENTS = imports("java.nio.file.*");

    @TempDir
    static Path classes;

    @AfterAll
    static void close() throws IOException {
        FILES.close();
    }

    static Stream<Document> pages() {
        return Document.all().stream().filter(page -> javaBlocks(page).findAny().isPresent());
    }

    private static Stream<Document.Block> javaBlocks(Document page) {
        return page.blocks().stream().filter(block -> block.language().equals("java"));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void javaBlocksCompile(Document page) {
        assertThat(problems(page)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Message message = claude.send(MessageRequest.of(\"Hi\"));, 0",
        "String message = claude.send(MessageRequest.of(\"Hi\"));, 1",
        "@Inject JobManagerBean jobs;, 0",
        "import java.util.Set;/class Unit { List<String> list; }, 1",
        "class Unit { List<String> list; }, 0",
    })
    void findsErrors(String text, int errors) {
        var page = new Document(Path.of("page.md"), "# Page\n```java\n" + text.replace('/', '\n') + "\n```\n");

        assertThat(problems(page)).hasSize(errors).allMatch(problem -> problem.matches("page.md:[34]: (?s:.*)"));
    }

    /** The errors of the compiler with their places. */
    private static List<String> problems(Document page) {
        var units = javaBlocks(page).map(Source::of).toList();
        var problems = new DiagnosticCollector<JavaFileObject>();
        COMPILER.getTask(
                        null,
                        FILES,
                        problems,
                        List.of(
                                "-proc:none",
                                "-parameters",
                                "--release",
                                "17",
                                "-implicit:none",
                                "-d",
                                classes.toString(),
                                "-cp",
                                System.getProperty("java.class.path")),
                        null,
                        units)
                .call();

        return problems.getDiagnostics().stream()
                .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
                .map(problem -> describe(page, problem))
                .toList();
    }

    private static String describe(Document page, Diagnostic<? extends JavaFileObject> problem) {
        int before = problem.getSource() instanceof Source source ? source.line : 0;
        return page.file() + ":" + (before + problem.getLineNumber()) + ": " + problem.getMessage(Locale.ROOT);
    }

    /** Imports all types that applications may use, packages of the platform, and those given. */
    private static String imports(String... others) {
        Stream<String> platform = Stream.of(
                "java.io.*",
                "java.math.*",
                "java.net.*",
                "java.time.*",
                "java.util.*",
                "java.util.concurrent.*",
                "java.util.function.*",
                "java.util.stream.*",
                "jakarta.enterprise.context.*",
                "jakarta.enterprise.event.*",
                "jakarta.inject.*",
                "jakarta.json.*",
                "jakarta.transaction.*",
                "static io.github.claudejakarta.testing.ClaudeAssertions.*",
                "static org.assertj.core.api.Assertions.*");
        Stream<String> own = Stream.of("src/main/java", "src/testing/java").flatMap(JavaBlocksTest::publicApi);
        return Stream.of(platform, Stream.of(others), own)
                .flatMap(names -> names)
                .map(name -> "import " + name + ";")
                .collect(Collectors.joining(" ", "", " "));
    }

    private static Stream<String> publicApi(String sources) {
        Path directory = Path.of(sources);
        try (Stream<Path> files = Files.walk(directory)) {
            return files
                    .filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> read(file).contains("\n@PublicApi\n"))
                    .map(file -> directory.relativize(file).toString())
                    .map(file -> file.replace('/', '.').replaceFirst("\\.java$", ""))
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A block as the compiler reads it. Its first line has all additions, so line numbers are those of the block. */
    private static final class Source extends SimpleJavaFileObject {

        private final int line;
        private final String text;

        private Source(String name, int line, String text) {
            super(URI.create("block:///" + name + ".java"), Kind.SOURCE);
            this.line = line;
            this.text = text;
        }

        static Source of(Document.Block block) {
            String text = block.text();
            List<MatchResult> types = TYPE.matcher(text).results().toList();
            if (!types.isEmpty()) {
                String type = types.stream()
                        .filter(match -> match.group().startsWith("public "))
                        .findFirst()
                        .orElse(types.get(0))
                        .group(1);
                boolean isUnit = UNIT.matcher(text).find();
                return new Source(type, block.line(), isUnit ? text : IMPORTS_OF_CLASSES + text);
            }
            String name = "Block" + block.line();
            String begin =
                    "class " + name + "Beans { @Inject ClaudeStreamingBean claude; @Inject BatchManagerBean batches;"
                            + " @Inject JobManagerBean jobs; @Inject ConversationManagerBean conversations; @Inject Prices prices; }"
                            + " class " + name + " extends " + name + "Beans { ";
            if (MEMBERS.matcher(text).find()) {
                return new Source(name, block.line(), IMPORTS_OF_CLASSES + begin + text + "}");
            }
            String result = RETURN.matcher(text).find() ? "Object" : "void";
            return new Source(
                    name,
                    block.line(),
                    IMPORTS_OF_STATEMENTS + begin + result + " run() throws Exception { " + text + "}}");
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
