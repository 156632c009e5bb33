package io.github.claudejakarta.claude;

import jakarta.json.stream.JsonParser;

/**
 * Goes through JSON objects by a pull parser, for texts of which little has to be known and a tree would be a waste.
 */
public final class JsonPull {

    private JsonPull() {}

    /** Looks at one field of an object. */
    public interface Fields {

        /**
         * @param value where the parser stands: the value, or the beginning of one
         * @return whether this has gone on to the end of an object or array; otherwise it is skipped
         */
        boolean field(String name, JsonParser.Event value, JsonParser parser);
    }

    /**
     * Goes through bytes that are one JSON object in UTF-8 and nothing more. The parser's locations are places in the
     * array.
     *
     * @throws IllegalArgumentException if they are not, with what is wrong and at which byte
     */
    public static void object(byte[] bytes, int offset, int length, Fields fields) {
        object(new JsonBytes(bytes, offset, length), fields);
    }

    /** Goes through a text that is one JSON object and nothing more; the parser's locations are places in the text. */
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
            // not JsonException alone: the provider's parser has limits of its own, and reports them in plain
            // exceptions
            throw new IllegalArgumentException("not valid JSON: " + e.getMessage(), e);
        }
    }

    /** Goes on to the end of the object that has begun. */
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
     * Goes on to the end of the object or array that has begun. Not by the parser's own {@code skipObject}: Parsson's
     * looks for brackets alone, and for ever where one is missing.
     *
     * @return how many values and keys it had
     */
    public static int skip(JsonParser parser) {
        int depth = 1;
        int seen = -1;
        while (depth > 0) {
            JsonParser.Event event = parser.next();
            seen++;
            if (isStart(event)) {
                depth++;
            } else if (event == JsonParser.Event.END_OBJECT || event == JsonParser.Event.END_ARRAY) {
                depth--;
            }
        }
        return seen;
    }

    private static boolean isStart(JsonParser.Event event) {
        return event == JsonParser.Event.START_OBJECT || event == JsonParser.Event.START_ARRAY;
    }
}
