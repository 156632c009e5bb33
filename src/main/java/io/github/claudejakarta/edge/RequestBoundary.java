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
 * <p>Liberty reports the end of a request when the container's thread leaves it, even if asynchronous processing has
 * begun. It reports the beginning and the end again around an error of asynchronous processing. Servers that follow the
 * specification report the end when asynchronous processing is complete. In both cases, the tasks that still serve the
 * request keep it open.
 *
 * <p>An {@code AsyncListener} is not used: a call for Liberty's {@code AsyncContext} while another thread completes it
 * loses the response.
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
