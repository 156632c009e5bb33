package io.github.claudejakarta.rest;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** The JAX-RS application with all resources under {@code /v1}. */
@ApplicationPath("/v1")
public class ClaudeApplication extends Application {}
