package io.github.claudejakarta.rest;

import io.github.claudejakarta.batch.BatchesResource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.Path;

/** Serves managed batches at {@code /v1/batches}. */
@Path("/batches")
@ApplicationScoped
public class BatchesEndpoint extends BatchesResource {}
