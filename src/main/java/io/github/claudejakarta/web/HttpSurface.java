package io.github.claudejakarta.web;

/**
 * A bean that only the WAR has. Where it is present, this module serves {@code /v1}. An application that contains the
 * classes jar does not have it.
 */
public interface HttpSurface {}
