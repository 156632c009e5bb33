package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.ServedRequest;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Answers errors from outside JAX-RS in Anthropic's format: errors of the server, and of this module's servlet filters.
 */
@WebServlet("/error")
public class ErrorPage extends HttpServlet {

    private static final long serialVersionUID = 1;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code ? code : 404;
        write(
                ClaudeException.of(
                        status,
                        ErrorType.ofStatus(status),
                        switch (status) {
                            case 404 -> "This path does not exist. See /openapi for the paths.";
                            case 405 -> "This path does not accept the method";
                            default ->
                                status < 500
                                        ? "The server rejected the request. Check its URL, headers and body."
                                        : "Internal server error";
                        }),
                response);
    }

    /**
     * Answers a request that does not reach JAX-RS.
     *
     * @param failure gets a request id of this server if it has none
     */
    static void write(ClaudeException failure, HttpServletResponse response) throws IOException {
        ClaudeException identified = failure.requestId().isPresent() ? failure : ErrorMapper.withId(failure);
        ServedRequest.current()
                .ifPresent(served -> served.fail(identified.type().toString()));
        response.setStatus(identified.status());
        response.setContentType("application/json");
        response.setHeader("request-id", identified.requestId().orElseThrow());
        response.getOutputStream().write(identified.body().getBytes(StandardCharsets.UTF_8));
    }
}
