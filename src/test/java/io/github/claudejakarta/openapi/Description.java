package io.github.claudejakarta.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The OpenAPI document for tests: reads its operations, and checks responses against it. */
public final class Description {

    public static final Path FILE = Path.of("src", "main", "webapp", "META-INF", "openapi.yaml");

    private static final Set<String> METHODS = Set.of("get", "post", "delete", "head", "put", "patch");
    private static final String SCHEMAS = "#/components/schemas/";
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonSchemaFactory FACTORY = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

    private final JsonNode root;

    private Description(JsonNode root) {
        this.root = root;
    }

    /** Reads the document of the sources. */
    public static Description ofFile() {
        try {
            return of(Files.readString(FILE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Description of(String yaml) {
        try {
            return new Description(YAML.readTree(yaml));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public JsonNode root() {
        return root;
    }

    /** The operations, such as {@code GET /v1/streams/{id}}. */
    public SortedSet<String> operations() {
        var operations = new TreeSet<String>();
        root.get("paths")
                .properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(name -> {
                    if (METHODS.contains(name)) {
                        operations.add(name.toUpperCase(Locale.ROOT) + " " + path.getKey());
                    }
                }));
        return operations;
    }

    /** The response of an operation for a status. */
    public Optional<JsonNode> response(String operation, int status) {
        String[] parts = operation.split(" ");
        JsonNode responses = root.get("paths")
                .get(parts[1])
                .get(parts[0].toLowerCase(Locale.ROOT))
                .get("responses");
        return Optional.ofNullable(responses.get(Integer.toString(status))).map(this::resolved);
    }

    /** The target of a reference, or the node itself if it is not a reference. */
    public JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? root.at(node.get("$ref").asText().substring(1)) : node;
    }

    public JsonNode schema(String name) {
        return root.get("components").get("schemas").get(name);
    }

    /** Checks a JSON text against a schema. Returns the violations, or an empty list. */
    public List<String> problems(JsonNode schema, String text) {
        try {
            return problems(schema, JSON.readTree(text));
        } catch (IOException e) {
            return List.of("no JSON: " + e.getMessage());
        }
    }

    public List<String> problems(JsonNode schema, JsonNode value) {
        return compiled(schema).validate(value).stream().map(Object::toString).collect(Collectors.toList());
    }

    private JsonSchema compiled(JsonNode schema) {
        ObjectNode whole = JSON.createObjectNode();
        whole.set("$defs", moved(root.get("components").get("schemas")));
        whole.putArray("allOf").add(moved(schema));
        return FACTORY.getSchema(whole);
    }

    private static JsonNode moved(JsonNode schema) {
        try {
            return JSON.readTree(JSON.writeValueAsString(schema).replace(SCHEMAS, "#/$defs/"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
