package io.github.claudejakarta.rest;

import io.github.claudejakarta.web.HttpSurface;
import jakarta.enterprise.context.ApplicationScoped;

/** Shows that this is the WAR. */
@ApplicationScoped
public class WarSurface implements HttpSurface {}
