package io.github.claudejakarta.rest;

import io.github.claudejakarta.observe.SpanFilter;
import jakarta.annotation.Priority;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;

/** Has the spans of this application's requests filtered, before any other filter. */
@Provider
@PreMatching
@Priority(1)
public class SpanFilterProvider extends SpanFilter {}
