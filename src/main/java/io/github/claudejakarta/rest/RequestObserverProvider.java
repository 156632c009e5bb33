package io.github.claudejakarta.rest;

import io.github.claudejakarta.observe.RequestObserver;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ext.Provider;

/** Has the requests of this application observed. */
@Provider
@ApplicationScoped
public class RequestObserverProvider extends RequestObserver {}
