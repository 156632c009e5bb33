package io.github.claudejakarta.claude;

import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

/**
 * Creates values from JSON with the static method {@code of(JsonObject)} of their type, or with its constructor for a
 * {@code JsonObject} or a string.
 */
final class JsonBackedReader {

    private JsonBackedReader() {}

    /** @return null if the JSON is null */
    static <T extends JsonBacked> T read(Class<T> type, JsonValue json) {
        return json == JsonValue.NULL ? null : type.cast(value(type, json));
    }

    private static JsonBacked value(Class<?> type, JsonValue json) {
        if (type == StreamEvent.class) {
            return StreamEvent.of("", JsonText.text(json));
        }
        if (json instanceof JsonString text) {
            return create(type, String.class, text.getString());
        }
        if (json instanceof JsonObject object) {
            return create(type, JsonObject.class, object);
        }
        throw new IllegalArgumentException(
                type.getSimpleName() + ": Input should be an object, but is " + json.getValueType());
    }

    private static JsonBacked create(Class<?> type, Class<?> form, Object json) {
        try {
            for (Method method : type.getDeclaredMethods()) {
                // Skips methods with a text: MessageRequest.of("Hi!") does not read JSON.
                if (form == JsonObject.class
                        && method.getName().equals("of")
                        && Modifier.isStatic(method.getModifiers())
                        && method.getParameterCount() == 1
                        && method.getParameterTypes()[0] == form
                        && JsonBacked.class.isAssignableFrom(method.getReturnType())) {
                    return (JsonBacked) method.invoke(null, json);
                }
            }
            for (Constructor<?> constructor : type.getDeclaredConstructors()) {
                if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == form) {
                    return (JsonBacked) constructor.newInstance(json);
                }
            }
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalArgumentException(type.getSimpleName() + " cannot be read from this JSON", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(type.getSimpleName() + " cannot be read from this JSON", e);
        }
        throw new JsonException(type.getSimpleName() + " can be written as JSON, but not read"
                + (form == String.class ? " from a string" : ""));
    }
}
