package io.github.claudejakarta.rest;

import io.github.claudejakarta.usage.UsageResource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.Path;

/** Serves usage and cost at {@code /v1/usage}. */
@Path("/usage")
@ApplicationScoped
public class UsageEndpoint extends UsageResource {}
