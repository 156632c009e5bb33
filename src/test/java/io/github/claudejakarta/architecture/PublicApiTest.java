package io.github.claudejakarta.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.claudejakarta.claude.PublicApi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The types that are marked with {@link PublicApi}: where they are, and that applications need no other types. */
class PublicApiTest {

    private static final String ROOT = "io.github.claudejakarta.";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importPaths(
                    Path.of("target/classes/io/github/claudejakarta"),
                    Path.of("target/test-classes/io/github/claudejakarta/testing"));
    /** Types that are not ours: the platform, and libraries that an application has if it uses their extensions. */
    private static final Pattern PLATFORM = Pattern.compile("(java|javax\\.sql|jakarta|org\\.eclipse\\.microprofile"
            + "|org\\.junit\\.jupiter\\.api|org\\.assertj\\.core\\.api|com\\.fasterxml\\.jackson\\.databind)\\..*");

    /** A row of the table: {@code | `claude` | ... |}. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\|");

    private static Stream<JavaClass> marked() {
        return CLASSES.stream().filter(type -> type.isAnnotatedWith(PublicApi.class));
    }

    /** Returns whether a type is marked, or nested in a marked type. */
    private static boolean isApi(JavaClass type) {
        return type.isAnnotatedWith(PublicApi.class)
                || type.getEnclosingClass().map(PublicApiTest::isApi).orElse(false);
    }

    private static boolean isAccessible(JavaClass type) {
        return isAccessible(type.getModifiers())
                && type.getEnclosingClass().map(PublicApiTest::isAccessible).orElse(true);
    }

    private static boolean isAccessible(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    private static Stream<JavaClass> api() {
        return CLASSES.stream().filter(type -> isApi(type) && isAccessible(type));
    }

    @Test
    void markedTypesArePublicAndInTheirOwnFile() {
        assertThat(marked().filter(type -> !type.getModifiers().contains(JavaModifier.PUBLIC)
                        || type.getEnclosingClass().isPresent()))
                .isEmpty();
    }

    /** docs/java-api.md is the only place that names the packages. */
    @Test
    void theReferenceOfTheJavaApiNamesTheirPackages() throws IOException {
        String page = Files.readString(Path.of("docs/java-api.md"));
        String section = page.substring(page.indexOf("\n## The public API"));
        Set<String> named =
                ROW.matcher(section).results().map(match -> match.group(1)).collect(Collectors.toSet());

        assertThat(marked().map(type -> type.getPackageName().substring(ROOT.length()))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(named);
    }

    /** Otherwise an application would have to use internal types. */
    @Test
    void theirSignaturesNameOnlyMarkedAndPlatformTypes() {
        var strangers = new TreeSet<String>();
        api().forEach(type -> {
            supertypes(type).forEach(stranger -> strangers.add(type.getName() + " is a " + stranger));
            type.getMembers().stream()
                    .filter(member -> isAccessible(member.getModifiers()) && !isSynthetic(member))
                    .forEach(member -> signature(member)
                            .forEach(stranger -> strangers.add(member.getFullName() + " names " + stranger)));
        });

        assertThat(strangers).isEmpty();
    }

    /**
     * The compiler resolves all methods with the name and the parameter count of a call, including inaccessible ones.
     * It fails if their types are missing, and the api jar does not contain internal types.
     */
    @Test
    void overloadsOfTheirMethodsNameOnlyMarkedAndPlatformTypes() {
        var strangers = new TreeSet<String>();
        api().forEach(type -> {
            Set<String> callable = type.getCodeUnits().stream()
                    .filter(unit -> isAccessible(unit.getModifiers()))
                    .map(PublicApiTest::shape)
                    .collect(Collectors.toSet());
            type.getCodeUnits().stream()
                    .filter(unit -> !isSynthetic(unit) && callable.contains(shape(unit)))
                    .forEach(unit -> strangers(unit.getRawParameterTypes().stream())
                            .forEach(stranger -> strangers.add(unit.getFullName() + " names " + stranger)));
        });

        assertThat(strangers).isEmpty();
    }

    private static String shape(JavaCodeUnit unit) {
        return unit.getName() + "/" + unit.getRawParameterTypes().size();
    }

    private static boolean isSynthetic(JavaMember member) {
        return member.getModifiers().contains(JavaModifier.SYNTHETIC)
                || member.getModifiers().contains(JavaModifier.BRIDGE);
    }

    private static Stream<String> supertypes(JavaClass type) {
        var types = new ArrayList<JavaType>(type.getInterfaces());
        type.getSuperclass().ifPresent(types::add);
        return strangers(types.stream().flatMap(one -> one.getAllInvolvedRawTypes().stream()));
    }

    private static Stream<String> signature(JavaMember member) {
        if (member instanceof JavaCodeUnit unit) {
            var types = new ArrayList<JavaType>(unit.getParameterTypes());
            types.add(unit.getReturnType());
            types.addAll(List.copyOf(unit.getExceptionTypes()));
            return strangers(types.stream().flatMap(type -> type.getAllInvolvedRawTypes().stream()));
        }
        return strangers(member.getAllInvolvedRawTypes().stream());
    }

    private static Stream<String> strangers(Stream<JavaClass> types) {
        return types.map(JavaClass::getBaseComponentType)
                .filter(type -> !type.isPrimitive()
                        && !PLATFORM.matcher(type.getName()).matches()
                        && !(isApi(type) && isAccessible(type)))
                .map(JavaClass::getName);
    }
}
