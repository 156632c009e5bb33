package io.github.claudejakarta.web;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;

/** Status 426: this path accepts WebSocket connections only (RFC 9110, 15.5.22). */
public final class UpgradeRequired extends WebApplicationException {

    public static final int STATUS = 426;

    private static final long serialVersionUID = 1;

    public UpgradeRequired() {
        super(Response.status(STATUS)
                .header("Upgrade", "websocket")
                .header("Connection", "Upgrade")
                .build());
    }
}
