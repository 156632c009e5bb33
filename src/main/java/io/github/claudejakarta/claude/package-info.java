/**
 * Claude's nouns in Java: requests, messages, stream events and errors of Anthropic's Messages API, on JSON-P alone.
 * There is no container and no HTTP in here.
 *
 * <p><b>The JSON is kept, types are a view of it.</b> A value is a record around the {@link jakarta.json.JsonObject}
 * that was received; its accessors read from it and {@code json()} gives it back with every field, also those that
 * nobody here has heard of. A text that the protocol requires and that is missing all the same reads as {@code ""};
 * what may be absent or {@code null} is an {@code Optional}. Accessors do not throw.
 *
 * <p><b>Unknown values are values.</b> Within a version of its API, Anthropic may add fields, enumeration values and
 * event types. Every union has an {@code Unknown}; stop reasons and error types are records of a string and not
 * enumerations.
 *
 * <p><b>Threading.</b> Everything is immutable and may be shared, but {@link MessageAccumulator} and
 * {@link MessageRequest.Builder}, which belong to one thread at a time.
 *
 * <p>The facts are from Anthropic's API documentation (Messages, streaming, errors, handling stop reasons, refusals and
 * fallback) and, where that is silent, from the sources of the official SDKs for Java, Python and TypeScript.
 */
package io.github.claudejakarta.claude;
