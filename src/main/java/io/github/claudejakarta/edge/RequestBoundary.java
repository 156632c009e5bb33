package io.github.claudejakarta.edge;

import io.github.claudejakarta.web.OpenRequests;
import io.github.claudejakarta.web.ServedRequest;
import jakarta.inject.Inject;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
import jakarta.servlet.annotation.WebListener;
import jakarta.servlet.http.HttpServletRequest;

/**
 * Begins and ends every {@link ServedRequest}, before the first filter and after the last.
 *
 * <p>Liberty reports the end of a request when the container's thread leaves it, also if asynchronous processing has
 * begun then, and reports both once more around an error of asynchronous processing. Servers that follow the
 * specification report the end when asynchronous processing is complete. The tasks that still serve the request hold it
 * either way. An {@code AsyncListener} is not used: to ask Liberty for the {@code AsyncContext} while another thread
 * completes it loses the answer.
 */
@WebListener
public class RequestBoundary implements ServletRequestListener {

    @Inject
    private OpenRequests open;

    @Override
    public void requestInitialized(ServletRequestEvent event) {
        if (event.getServletRequest() instanceof HttpServletRequest request) {
            open.add(ServedRequest.begin(request));
        }
    }

    @Override
    public void requestDestroyed(ServletRequestEvent event) {
        ServedRequest.leave(event.getServletRequest());
    }
}
