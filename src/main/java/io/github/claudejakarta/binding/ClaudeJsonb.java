package io.github.claudejakarta.binding;

import io.github.claudejakarta.claude.JsonBacked;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.serializer.JsonbSerializer;
import jakarta.json.bind.serializer.SerializationContext;
import jakarta.json.stream.JsonGenerator;
import jakarta.ws.rs.ext.ContextResolver;

/**
 * JSON-B for Claude's types in values whose declared type is another one, for example {@code Object}. A value with a
 * declared type needs no configuration: a {@code Message} or a {@code List<Job>} that a resource method returns, and
 * such fields of an application's class. Yasson ignores a type that only the value has: in an {@code Optional}, a
 * {@code Map}, a field of type {@code Object} or of a type variable. For these, an application registers this class
 * with JAX-RS, in {@code Application.getClasses()} or as a subclass with {@code @Provider}, or uses {@link #config()}.
 */
@PublicApi
public class ClaudeJsonb implements ContextResolver<Jsonb> {

    private final Jsonb jsonb = JsonbBuilder.create(config());

    /** Returns a configuration that writes Claude's types in the JSON of the API. It can be changed further. */
    public static JsonbConfig config() {
        return new JsonbConfig().withSerializers(new Serializer());
    }

    /** Returns one object for all types. It holds no resources. */
    @Override
    public Jsonb getContext(Class<?> type) {
        return jsonb;
    }

    private static final class Serializer implements JsonbSerializer<JsonBacked> {

        @Override
        public void serialize(JsonBacked value, JsonGenerator generator, SerializationContext context) {
            generator.write(value.json());
        }
    }
}
