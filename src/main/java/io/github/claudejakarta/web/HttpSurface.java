package io.github.claudejakarta.web;

/**
 * A bean of the WAR alone: where it is present, this module serves {@code /v1}. In an application that contains the
 * classes jar it is absent.
 */
public interface HttpSurface {}
