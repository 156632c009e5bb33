package io.github.claudejakarta.it.operations;

import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.OpenRequests;
import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Reports from inside the server the resources that its requests hold. Its own request is one of the open requests. */
@WebServlet(ResourcesInUse.PATH)
public class ResourcesInUse extends HttpServlet {

    static final String PATH = "/resources-in-use";

    private static final long serialVersionUID = 1;

    @Inject
    private transient MemoryBudget memory;

    @Inject
    private transient OpenRequests requests;

    @Inject
    private transient Watchdog watchdog;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("application/json");
        response.getWriter()
                .print("{\"memory\":" + memory.reserved() + ",\"requests\":" + (requests.count() - 1) + ",\"watched\":"
                        + watchdog.count() + "}");
    }
}
