package io.github.claudejakarta.rest;

import io.github.claudejakarta.observe.RequestObserver;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ext.Provider;

/** Registers the observer of this application's requests. */
@Provider
@ApplicationScoped
public class RequestObserverProvider extends RequestObserver {}
