package io.github.claudejakarta.app;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What the server itself refuses, before JAX-RS has seen it: in Anthropic's shape like every other error. */
@WebServlet("/error")
public class ErrorPage extends HttpServlet {

    private static final long serialVersionUID = 1;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        int status = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code ? code : 404;
        ClaudeException failure = ErrorMapper.withId(ClaudeException.of(status, ErrorType.ofStatus(status), status < 500
            ? "The request cannot be understood: there is nothing at this path"
            : "Internal server error"));
        response.setStatus(status);
        response.setContentType("application/json");
        response.setHeader("request-id", failure.requestId().orElseThrow());
        response.getOutputStream().write(failure.body().getBytes(StandardCharsets.UTF_8));
    }
}
