package io.github.claudejakarta.edge;

import io.github.claudejakarta.claude.RequestKind;
import io.github.claudejakarta.claude.http.CallObserver;
import io.github.claudejakarta.claude.http.CallOutcome;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.web.ServedRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes a shutdown cancel the calls to Claude that a request waits for. Calls with an event stream belong to their
 * stream, which ends them.
 */
@ApplicationScoped
public class RequestCalls implements CallObserver {

    @Override
    public Consumer<CallOutcome> begin(ClaudeCall call) {
        boolean isStreamed = call.request().kind() == RequestKind.STREAM_MESSAGE;
        Optional<ServedRequest> waiting = isStreamed ? Optional.empty() : ServedRequest.current();
        Runnable answered = waiting.map(request -> request.onStop(call::cancel)).orElse(() -> {});
        return outcome -> answered.run();
    }
}
