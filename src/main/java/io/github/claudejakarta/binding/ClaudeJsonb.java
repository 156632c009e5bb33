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
 * JSON-B for Claude's types wherever they are. A value whose type is declared needs no configuration: a {@code Message}
 * or a {@code List<Job>} that a resource method returns, and such fields of a class of the application. Yasson does not
 * look at a type that it finds only in the value: in an {@code Optional}, a {@code Map}, a field of type {@code Object}
 * or of a type variable. An application that has those registers this class with JAX-RS, in
 * {@code Application.getClasses()} or as a subclass with {@code @Provider}, or uses {@link #config()}.
 */
@PublicApi
public class ClaudeJsonb implements ContextResolver<Jsonb> {

    private final Jsonb jsonb = JsonbBuilder.create(config());

    /** A configuration that writes Claude's types as the API has them. It can be changed further. */
    public static JsonbConfig config() {
        return new JsonbConfig().withSerializers(new Writing());
    }

    /** Returns one object for all types. It holds no resources. */
    @Override
    public Jsonb getContext(Class<?> type) {
        return jsonb;
    }

    private static final class Writing implements JsonbSerializer<JsonBacked> {

        @Override
        public void serialize(JsonBacked value, JsonGenerator generator, SerializationContext context) {
            generator.write(value.json());
        }
    }
}
