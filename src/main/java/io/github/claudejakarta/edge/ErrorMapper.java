package io.github.claudejakarta.edge;

import io.github.claudejakarta.binding.ErrorResponse;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.LocatedError;
import io.github.claudejakarta.web.RandomId;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.UpgradeRequired;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Answers every error under {@code /v1} in Anthropic's format. An error of Claude keeps its status, body and headers.
 * An error of this server gets a request id, and the log has the details under this id.
 */
@Provider
public class ErrorMapper implements ExceptionMapper<Throwable> {

    static final String CONTENT_TYPES =
            "Content-Type: Input should be application/json. Batches also accept application/x-ndjson and text/csv, "
                    + "jobs also application/x-www-form-urlencoded.";

    private static final Logger LOG = Logger.getLogger(ErrorMapper.class.getName());

    @Override
    public Response toResponse(Throwable failure) {
        if (failure instanceof ClaudeException claude) {
            return response(claude);
        }
        if (failure instanceof LocatedError located) {
            return Response.fromResponse(response(located.failure()))
                    .location(located.location())
                    .build();
        }
        if (failure instanceof WebApplicationException web) {
            return web.getResponse().getStatus() < 400
                    ? web.getResponse()
                    : withHeaders(response(asClaudeException(web)), web);
        }
        ClaudeException internal = withId(ClaudeException.of(ErrorType.API, "Internal server error"));
        LOG.log(Level.SEVERE, internal.requestId().orElseThrow(), failure);
        return response(internal);
    }

    /**
     * Keeps the headers that a 405 must have (the allowed methods: RFC 9110, 15.5.6), and a 426 (the protocol:
     * 15.5.22).
     */
    private static Response withHeaders(Response response, WebApplicationException web) {
        var built = Response.fromResponse(response);
        for (String header : List.of(HttpHeaders.ALLOW, "Upgrade", "Connection")) {
            if (web.getResponse().getHeaderString(header) != null) {
                built.header(header, web.getResponse().getHeaderString(header));
            }
        }
        return built.build();
    }

    private static ClaudeException asClaudeException(WebApplicationException web) {
        int status = web.getResponse().getStatus();
        String message = switch (status) {
            case 404 -> "This path does not exist. See /openapi for the paths.";
            case 405 -> "This path does not accept the method. See the header Allow.";
            case 406 -> "Accept: this path has none of the requested media types. See /openapi for its media types.";
            case 415 -> CONTENT_TYPES;
            case UpgradeRequired.STATUS ->
                "This path speaks WebSocket. Send the headers Connection: Upgrade and Upgrade: websocket.";
            default ->
                Response.Status.fromStatusCode(status) == null
                        ? "HTTP status " + status
                        : Response.Status.fromStatusCode(status).getReasonPhrase();
        };
        return ClaudeException.of(status, ErrorType.ofStatus(status), message);
    }

    static ClaudeException withId(ClaudeException ours) {
        return ours.withRequestId(RandomId.of("req_"));
    }

    private static Response response(ClaudeException failure) {
        ClaudeException identified = failure.requestId().isPresent() ? failure : withId(failure);
        ServedRequest.current()
                .ifPresent(served -> served.fail(identified.type().toString()));
        if (identified.status() >= 500) {
            LOG.info(identified.getMessage());
        }
        return ErrorResponse.of(identified).build();
    }
}
