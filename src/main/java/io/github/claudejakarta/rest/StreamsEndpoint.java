package io.github.claudejakarta.rest;

import io.github.claudejakarta.stream.StreamsResource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.Path;

/** Serves streams at {@code /v1/streams}. */
@Path("/streams")
@ApplicationScoped
public class StreamsEndpoint extends StreamsResource {}
