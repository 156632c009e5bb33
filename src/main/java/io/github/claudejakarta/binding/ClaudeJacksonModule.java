package io.github.claudejakarta.binding;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.module.SimpleDeserializers;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.github.claudejakarta.claude.JsonBacked;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.util.Map;

/**
 * A Jackson module that writes and reads Claude's types in the JSON of the API, also within objects of the application.
 *
 * <pre>{@code
 * var mapper = new ObjectMapper().registerModule(new ClaudeJacksonModule());
 * }</pre>
 *
 * <p>{@code findAndRegisterModules()} finds the module too. The class needs Jackson 2 ({@code jackson-databind}), which
 * the application brings; without Jackson it is not loaded.
 */
@PublicApi
public final class ClaudeJacksonModule extends SimpleModule {

    private static final long serialVersionUID = 1;

    public ClaudeJacksonModule() {
        super("claude-jakarta");
        addSerializer(new Serializer());
        setDeserializers(new Deserializers());
    }

    private static final class Serializer extends StdSerializer<JsonBacked> {

        private static final long serialVersionUID = 1;

        Serializer() {
            super(JsonBacked.class);
        }

        @Override
        public void serialize(JsonBacked value, JsonGenerator out, SerializerProvider provider) throws IOException {
            write(value.json(), out);
        }

        /** Writes the JSON without the type information of Jackson, because it has its own. */
        @Override
        public void serializeWithType(
                JsonBacked value, JsonGenerator out, SerializerProvider provider, TypeSerializer type)
                throws IOException {
            write(value.json(), out);
        }

        private static void write(JsonValue json, JsonGenerator out) throws IOException {
            switch (json.getValueType()) {
                case OBJECT -> {
                    out.writeStartObject();
                    for (Map.Entry<String, JsonValue> field :
                            json.asJsonObject().entrySet()) {
                        out.writeFieldName(field.getKey());
                        write(field.getValue(), out);
                    }
                    out.writeEndObject();
                }
                case ARRAY -> {
                    out.writeStartArray();
                    for (JsonValue item : json.asJsonArray()) {
                        write(item, out);
                    }
                    out.writeEndArray();
                }
                case STRING -> out.writeString(((JsonString) json).getString());
                case NUMBER -> write((JsonNumber) json, out);
                case TRUE -> out.writeBoolean(true);
                case FALSE -> out.writeBoolean(false);
                case NULL -> out.writeNull();
            }
        }

        private static void write(JsonNumber number, JsonGenerator out) throws IOException {
            if (number.isIntegral() && number.bigIntegerValue().bitLength() < Integer.SIZE) {
                out.writeNumber(number.intValue());
            } else if (number.isIntegral() && number.bigIntegerValue().bitLength() < Long.SIZE) {
                out.writeNumber(number.longValue());
            } else if (number.isIntegral()) {
                out.writeNumber(number.bigIntegerValue());
            } else {
                out.writeNumber(number.bigDecimalValue());
            }
        }
    }

    /** Deserializers for all types that implement {@link JsonBacked}, including nested types. */
    private static final class Deserializers extends SimpleDeserializers {

        private static final long serialVersionUID = 1;

        @Override
        public JsonDeserializer<?> findBeanDeserializer(
                JavaType type, DeserializationConfig config, BeanDescription description) {
            return JsonBacked.class.isAssignableFrom(type.getRawClass())
                    ? new Deserializer<>(type.getRawClass().asSubclass(JsonBacked.class))
                    : null;
        }
    }

    private static final class Deserializer<T extends JsonBacked> extends StdDeserializer<T> {

        private static final long serialVersionUID = 1;

        private final Class<T> type;

        Deserializer(Class<T> type) {
            super(type);
            this.type = type;
        }

        @Override
        public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
            JsonNode tree = context.readTree(in);
            try (var reader = Json.createReader(new StringReader(tree.toString()))) {
                return JsonBacked.read(type, reader.readValue());
            } catch (IllegalArgumentException | JsonException e) {
                return context.reportInputMismatch(type, "%s", e.getMessage());
            }
        }
    }
}
