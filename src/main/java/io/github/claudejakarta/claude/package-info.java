/**
 * Java types for Anthropic's Messages API: requests, messages, stream events and errors. The package depends only on
 * JSON-P; it uses no container and no HTTP.
 *
 * <p><b>Types are a view of the JSON.</b> A value is a record around the {@link jakarta.json.JsonObject} that was
 * received. Its accessors read from that object, and {@code json()} returns it with every field, also with fields that
 * this version does not know. A required text that is missing reads as {@code ""}. A field that may be absent or
 * {@code null} is an {@code Optional}. Accessors do not throw.
 *
 * <p><b>Unknown values are values.</b> Within a version of its API, Anthropic may add fields, enumeration values and
 * event types. Every union has an {@code Unknown}. Stop reasons and error types are records of a string, and not
 * enumerations.
 *
 * <p><b>Threading.</b> All types are immutable and safe for use by many threads, except {@link MessageAccumulator} and
 * {@link MessageRequest.Builder}, which one thread at a time may use.
 *
 * <p>The facts are from Anthropic's API documentation (Messages, streaming, errors, handling stop reasons, refusals and
 * fallback). Facts that it does not state are from the sources of the official SDKs for Java, Python and TypeScript.
 */
package io.github.claudejakarta.claude;
