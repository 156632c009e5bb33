package io.github.claudejakarta.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.BodySettings;
import io.github.claudejakarta.web.OpenRequests;
import io.github.claudejakarta.web.Requests;
import io.github.claudejakarta.web.ServedRequest;
import io.github.claudejakarta.web.Shutdown;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

/** The resources that filters reserve for a request are released at its end, even without the access log. */
class RequestBoundaryTest {

    private static final int BODY = 1000;

    private final MemoryBudget memory = new MemoryBudget(1 << 20);
    private final Watchdog watchdog = new Watchdog(() -> 0);
    private final OpenRequests open = new OpenRequests();
    private final HttpServletRequest servlet = Requests.get("/v1/messages");
    private final RequestBoundary boundary = new RequestBoundary();

    @Test
    void everythingIsReleasedWhenTheContainersThreadLeaves() throws Exception {
        begin();
        assertHeld(BODY, 1, 1);

        end();

        assertHeld(0, 0, 0);
    }

    @Test
    void aTaskHoldsEverythingUntilItHasEnded() throws Exception {
        begin();
        Runnable task = ServedRequest.withRequest(() -> {});
        end();
        assertHeld(BODY, 1, 1);

        task.run();

        assertHeld(0, 0, 0);
    }

    private void assertHeld(long bytes, int watched, int requests) {
        assertThat(memory.reserved()).as("memory").isEqualTo(bytes);
        assertThat(watchdog.count()).as("watched").isEqualTo(watched);
        assertThat(open.count()).as("open requests").isEqualTo(requests);
    }

    private void begin() throws Exception {
        set(boundary, "open", open);
        boundary.requestInitialized(event());
        var filter = new BodyFilter();
        set(filter, "budget", memory);
        set(filter, "settings", BodySettings.DEFAULTS);
        set(filter, "watchdog", watchdog);
        set(filter, "shutdown", new Shutdown(Thread::new));
        set(filter, "servlet", servlet);
        filter.filter((ContainerRequestContext) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {ContainerRequestContext.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getHeaderString" -> Integer.toString(BODY);
                    case "getMethod" -> "POST";
                    case "getEntityStream" -> new ByteArrayInputStream(new byte[BODY]);
                    default -> null;
                }));
        BodyReservation.of(servlet).exactly(BODY);
    }

    private void end() {
        boundary.requestDestroyed(event());
    }

    private ServletRequestEvent event() {
        var context = (ServletContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, method, arguments) -> null);
        return new ServletRequestEvent(context, servlet);
    }

    /** Injects as the container does. */
    private static void set(Object target, String field, Object value) throws ReflectiveOperationException {
        var injected = target.getClass().getDeclaredField(field);
        injected.setAccessible(true);
        injected.set(target, value);
    }
}
