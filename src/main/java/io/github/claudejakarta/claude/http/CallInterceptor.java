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
 * Tells observers of a call as a whole. It stands around MicroProfile Fault Tolerance, whose priority is
 * {@code PLATFORM_AFTER} + 10, and so sees one call where that sees attempts, and also the call that the circuit
 * breaker lets nobody make.
 */
@ObservedCall
@Interceptor
@Priority(Interceptor.Priority.LIBRARY_BEFORE)
class CallInterceptor {

    @Inject
    @Any
    private Instance<CallObserver> beans;
    /**
     * Looked up at the first call: what a container calls after construction is not this object's but that of the bean
     * it stands before.
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
                client.noteRefusal();
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
            // An AttemptFailure arrives here where nothing retries: the server lacks Fault Tolerance.
            ClaudeException error = ClaudeClient.error(call, e);
            observation.noteRefusal(call, error);
            throw error;
        } catch (RuntimeException | Error e) {
            observation.noteFailure(call, ErrorType.API);
            throw ClaudeClient.error(call, e);
        } finally {
            if (!isOpen) {
                observation.end(call);
            }
        }
    }
}
