package io.github.claudejakarta.rest;

import io.github.claudejakarta.web.HttpSurface;
import jakarta.enterprise.context.ApplicationScoped;

/** The bean that marks the WAR. */
@ApplicationScoped
public class WarSurface implements HttpSurface {}
