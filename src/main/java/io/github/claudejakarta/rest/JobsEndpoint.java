package io.github.claudejakarta.rest;

import io.github.claudejakarta.job.JobsResource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.Path;

/** Serves jobs at {@code /v1/jobs}. */
@Path("/jobs")
@ApplicationScoped
public class JobsEndpoint extends JobsResource {}
