package io.github.claudejakarta.openapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.gateway.MessageBatchesResource;
import io.github.claudejakarta.gateway.MessagesResource;
import io.github.claudejakarta.rest.BatchesEndpoint;
import io.github.claudejakarta.rest.JobsEndpoint;
import io.github.claudejakarta.rest.StreamsEndpoint;
import io.github.claudejakarta.rest.UsageEndpoint;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The OpenAPI document is valid, and matches the code. */
class DescriptionTest {

    private static final List<Class<?>> RESOURCES = List.of(
            MessagesResource.class,
            MessageBatchesResource.class,
            StreamsEndpoint.class,
            BatchesEndpoint.class,
            JobsEndpoint.class,
            UsageEndpoint.class);
    private static final List<String> OF_HEALTH =
            List.of("GET /health", "GET /health/started", "GET /health/live", "GET /health/ready");

    /** Filters that callers choose. The server rejects other values. */
    private static final List<String> FILTERS = List.of("BatchStatus", "JobStatus");

    private final Description description = Description.ofFile();

    @Test
    void isOpenApi31() throws IOException {
        var options = new ParseOptions();
        options.setResolve(true);
        SwaggerParseResult parsed =
                new OpenAPIV3Parser().readContents(Files.readString(Description.FILE), null, options);

        assertThat(parsed.getMessages()).isEmpty();
        assertThat(parsed.getOpenAPI().getOpenapi()).startsWith("3.1");
        assertThat(parsed.getOpenAPI().getPaths())
                .hasSize(description.root().get("paths").size());
    }

    @Test
    void hasAllOperationsOfTheCodeAndNoOthers() {
        SortedSet<String> coded = new TreeSet<>(OF_HEALTH);
        RESOURCES.forEach(resource -> collect(resource, "/v1" + slashed(resource.getAnnotation(Path.class)), coded));

        assertThat(description.operations()).isEqualTo(coded);
    }

    private static void collect(Class<?> resource, String base, SortedSet<String> operations) {
        for (Method method : resource.getMethods()) {
            if (Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()) {
                String path = (base + slashed(method.getAnnotation(Path.class))).replaceAll("/$", "");
                List<String> verbs = Stream.of(method.getAnnotations())
                        .map(one -> one.annotationType().getAnnotation(HttpMethod.class))
                        .filter(Objects::nonNull)
                        .map(HttpMethod::value)
                        .toList();
                verbs.forEach(verb -> operations.add(verb + " " + path));
                if (verbs.isEmpty() && method.isAnnotationPresent(Path.class)) {
                    // A path with two ids has two names in the document.
                    var below = new TreeSet<String>();
                    collect(method.getReturnType(), path, below);
                    below.forEach(one -> operations.add(one.replace("deliveries/{id}", "deliveries/{delivery}")));
                }
            }
        }
    }

    private static String slashed(Path path) {
        String value = path == null ? "" : path.value().replaceAll("^/|/$", "");
        return value.isEmpty() ? "" : "/" + value;
    }

    @Test
    void everyOperationHasItsTexts() {
        for (String operation : description.operations()) {
            String[] parts = operation.split(" ");
            JsonNode node = description.root().get("paths").get(parts[1]).get(parts[0].toLowerCase(Locale.ROOT));
            assertThat(node.has("operationId")).as(operation).isTrue();
            assertThat(node.has("summary")).as(operation).isTrue();
            assertThat(node.get("tags")).as(operation).isNotEmpty();
            if (parts[1].startsWith("/v1")) {
                assertThat(description.response(operation, 401))
                        .as(operation + " without a key")
                        .isPresent();
            }
            node.get("responses")
                    .properties()
                    .forEach(response -> assertThat(
                                    description.resolved(response.getValue()).has("description"))
                            .as(operation + " " + response.getKey())
                            .isTrue());
        }
    }

    @Test
    void examplesMatchTheirSchemas() {
        var problems = new ArrayList<String>();
        int[] checked = {0};
        walk(description.root(), "", (media, where) -> {
            JsonNode schema = media.get("schema");
            var values = new ArrayList<JsonNode>();
            if (media.has("example")) {
                values.add(media.get("example"));
            }
            if (media.has("examples")) {
                media.get("examples")
                        .forEach(example ->
                                values.add(description.resolved(example).get("value")));
            }
            values.forEach(value -> {
                checked[0]++;
                description.problems(schema, value).forEach(problem -> problems.add(where + ": " + problem));
            });
        });

        assertThat(problems).isEmpty();
        assertThat(checked[0]).isGreaterThan(40);
    }

    private interface Media {
        void at(JsonNode media, String where);
    }

    private static void walk(JsonNode node, String where, Media media) {
        if (node.has("schema") && (node.has("example") || node.has("examples"))) {
            media.at(node, where);
        }
        node.properties().forEach(field -> walk(field.getValue(), where + "/" + field.getKey(), media));
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                walk(node.get(i), where + "/" + i, media);
            }
        }
    }

    @Test
    void everyErrorTypeIsInTheDocument() throws IllegalAccessException {
        var named = new ArrayList<String>();
        description
                .schema("Error")
                .get("properties")
                .get("error")
                .get("properties")
                .get("type")
                .get("examples")
                .forEach(type -> named.add(type.asText()));
        for (var field : ErrorType.class.getFields()) {
            if (field.getType() == ErrorType.class) {
                assertThat(named).contains(((ErrorType) field.get(null)).value());
            }
        }
    }

    /**
     * The rules in the comment above the schemas. Without them, OpenAPI Generator generates clients that do not
     * compile, lose fields, or fail on values that are added later.
     */
    @Test
    void modelsCanBeGenerated() {
        description.root().get("components").get("schemas").properties().forEach(schema -> {
            assertThat(schema.getValue().findParents("additionalProperties"))
                    .as(schema.getKey())
                    .noneMatch(object -> object.has("properties"));
            assertThat(schema.getValue().findValues("oneOf"))
                    .as(schema.getKey())
                    .isEmpty();
            assertThat(schema.getValue().findValues("anyOf"))
                    .as(schema.getKey())
                    .isEmpty();
            if (!FILTERS.contains(schema.getKey())) {
                assertThat(schema.getValue().findValues("enum"))
                        .as(schema.getKey())
                        .isEmpty();
            }
        });
        assertThat(description.root().get("paths").findParents("properties"))
                .as("schemas without names")
                .isEmpty();
    }
}
