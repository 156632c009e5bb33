package io.github.claudejakarta.rest;

import io.github.claudejakarta.observe.SpanFilter;
import jakarta.annotation.Priority;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;

/** Registers the filter for the spans of this application's requests, before all other filters. */
@Provider
@PreMatching
@Priority(1)
public class SpanFilterProvider extends SpanFilter {}
