package io.github.claudejakarta.rest;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Everything under {@code /v1}. */
@ApplicationPath("/v1")
public class ClaudeApplication extends Application {}
