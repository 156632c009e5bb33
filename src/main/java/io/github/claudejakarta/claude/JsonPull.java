package io.github.claudejakarta.claude;

import jakarta.json.stream.JsonParser;

/** Reads some fields of JSON objects with a pull parser, where a tree of the whole text would waste memory. */
public final class JsonPull {

    private JsonPull() {}

    /** Receives the fields of an object. */
    public interface Fields {

        /**
         * @param value the parser's current event: the value, or the beginning of an object or array
         * @return whether this method read the object or array to its end; if not, the rest is skipped
         */
        boolean field(String name, JsonParser.Event value, JsonParser parser);
    }

    /**
     * Reads bytes that are exactly one JSON object in UTF-8. The parser's locations are positions in the array.
     *
     * @throws IllegalArgumentException if the bytes are not; the message has the error and the position of its byte
     */
    public static void object(byte[] bytes, int offset, int length, Fields fields) {
        object(new JsonBytes(bytes, offset, length), fields);
    }

    /** Reads a text that is exactly one JSON object. The parser's locations are positions in the text. */
    public static void object(String text, Fields fields) {
        object(JsonText.parser(text), fields);
    }

    private static void object(JsonParser opened, Fields fields) {
        try (JsonParser parser = opened) {
            if (!parser.hasNext() || parser.next() != JsonParser.Event.START_OBJECT) {
                throw new IllegalArgumentException("not a JSON object");
            }
            fields(parser, fields);
            if (parser.hasNext()) {
                parser.next();
            }
        } catch (ClaudeException | IllegalArgumentException e) {
            throw e;
        } catch (JsonBytes.NotUtf8 e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        } catch (RuntimeException e) {
            // Not only JsonException: the provider's parser reports its own limits with other exceptions.
            throw new IllegalArgumentException("not valid JSON: " + e.getMessage(), e);
        }
    }

    /** Reads the fields of an object whose start has been read, up to its end. */
    public static void fields(JsonParser parser, Fields fields) {
        for (JsonParser.Event key = parser.next(); key != JsonParser.Event.END_OBJECT; key = parser.next()) {
            String name = parser.getString();
            JsonParser.Event value = parser.next();
            if (!fields.field(name, value, parser) && isStart(value)) {
                skip(parser);
            }
        }
    }

    /**
     * Skips to the end of an object or array whose start has been read. It does not use the parser's
     * {@code skipObject}: Parsson's version looks only for brackets, and never returns if one is missing.
     *
     * @return the number of values and keys that were skipped
     */
    public static int skip(JsonParser parser) {
        int depth = 1;
        int count = -1;
        while (depth > 0) {
            JsonParser.Event event = parser.next();
            count++;
            if (isStart(event)) {
                depth++;
            } else if (event == JsonParser.Event.END_OBJECT || event == JsonParser.Event.END_ARRAY) {
                depth--;
            }
        }
        return count;
    }

    private static boolean isStart(JsonParser.Event event) {
        return event == JsonParser.Event.START_OBJECT || event == JsonParser.Event.START_ARRAY;
    }
}
