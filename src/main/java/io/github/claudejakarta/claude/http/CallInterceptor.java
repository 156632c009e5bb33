package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Notifies observers of a call as a whole. It surrounds MicroProfile Fault Tolerance, whose priority is
 * {@code PLATFORM_AFTER} + 10. Therefore it sees one call where Fault Tolerance sees several attempts, and it also sees
 * calls that the circuit breaker rejects.
 */
@ObservedCall
@Interceptor
@Priority(Interceptor.Priority.LIBRARY_BEFORE)
class CallInterceptor {

    @Inject
    @Any
    private Instance<CallObserver> beans;
    /**
     * The observers, looked up at the first call. A {@code @PostConstruct} method of an interceptor would run for the
     * intercepted bean, not for this object.
     */
    private volatile List<CallObserver> observers;

    @AroundInvoke
    Object observe(InvocationContext context) throws Exception {
        if (observers == null) {
            observers = beans.stream().toList();
        }
        try {
            return observed((ClaudeCall) context.getParameters()[0], observers, () -> (ClaudeAnswer) context.proceed());
        } catch (ClaudeException e) {
            if (e.getCause() instanceof BreakerOpen && context.getTarget() instanceof ClaudeClient client) {
                client.recordRefusal();
            }
            throw e;
        }
    }

    static ClaudeAnswer observed(ClaudeCall call, List<CallObserver> observers, Callable<ClaudeAnswer> calling)
            throws Exception {
        CallObservation observation = call.observation();
        observation.begin(call, observers);
        boolean isOpen = false;
        try {
            ClaudeAnswer answer = calling.call();
            isOpen = answer.isOpen();
            return answer;
        } catch (ClaudeException | AttemptFailure e) {
            // An AttemptFailure arrives here only if the server lacks Fault Tolerance.
            ClaudeException error = ClaudeClient.error(call, e);
            observation.recordRefusal(call, error);
            throw error;
        } catch (RuntimeException | Error e) {
            observation.recordFailure(call, ErrorType.API);
            throw ClaudeClient.error(call, e);
        } finally {
            if (!isOpen) {
                observation.end(call);
            }
        }
    }
}
