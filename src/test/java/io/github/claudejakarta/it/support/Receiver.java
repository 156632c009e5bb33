package io.github.claudejakarta.it.support;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.github.claudejakarta.upstream.ReceivedRequest;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import jakarta.json.JsonObject;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A receiver of callbacks on this machine. It answers each path with the script of the test, or with 204, and stores
 * all callbacks.
 */
public final class Receiver implements AutoCloseable {

    public static final String SECRET = secret("the secret of the integration tests");
    /** The secret that follows {@link #SECRET}. */
    public static final String NEXT_SECRET = secret("the next secret of the integration tests");

    private final ScriptedUpstream server = ScriptedUpstream.start();
    private final Map<String, Queue<Script>> queued = new ConcurrentHashMap<>();
    private final Map<String, Script> always = new ConcurrentHashMap<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    public Receiver() {
        server.otherwise(this::answerTo);
    }

    private static String secret(String text) {
        return "whsec_" + Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /**
     * A callback.
     *
     * @param nanos {@link System#nanoTime()} at its arrival
     */
    public record Call(long nanos, ReceivedRequest request) {

        public String id() {
            return request.header("webhook-id").orElseThrow();
        }

        public JsonObject payload() {
            return request.json();
        }

        public JsonObject data() {
            return payload().getJsonObject("data");
        }

        /** Returns whether the callback is signed with this secret and was sent just now. */
        public boolean isSignedWith(String secret) {
            try {
                new Webhook(secret).verify(request.text(), headers());
                return true;
            } catch (WebhookVerificationException e) {
                return false;
            } catch (EmptyWebhookSecretException e) {
                throw new IllegalArgumentException(e);
            }
        }

        private Map<String, List<String>> headers() {
            return Map.of(
                    "webhook-id",
                    request.headerValues("webhook-id"),
                    "webhook-timestamp",
                    request.headerValues("webhook-timestamp"),
                    "webhook-signature",
                    request.headerValues("webhook-signature"));
        }
    }

    private Script answerTo(ReceivedRequest request) {
        calls.add(new Call(System.nanoTime(), request));
        Script next = queued.getOrDefault(request.path(), new ConcurrentLinkedQueue<>())
                .poll();
        return next != null ? next : always.getOrDefault(request.path(), status(204));
    }

    /** A script that answers with this status. */
    public static Script status(int status, String... headers) {
        return Script.sized(0, status, headers);
    }

    /** The URL of a path, with a host that the server must be configured to call. */
    public String url(String path) {
        return "http://localhost:" + server.url().getPort() + path;
    }

    /** Answers the next callbacks to this path with these scripts, one each. */
    public Receiver answer(String path, Script... scripts) {
        queued.computeIfAbsent(path, key -> new ConcurrentLinkedQueue<>()).addAll(List.of(scripts));
        return this;
    }

    /** Answers all other callbacks to this path with this script. */
    public Receiver always(String path, Script script) {
        always.put(path, script);
        return this;
    }

    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The callbacks to this path, oldest first. */
    public List<Call> calls(String path) {
        return calls.stream().filter(call -> call.request().path().equals(path)).toList();
    }

    /** Waits for this number of callbacks to this path, and returns them. */
    public List<Call> await(String path, int count) throws Exception {
        Api.await(count + " callbacks to " + path, () -> calls(path).size() >= count);
        return calls(path);
    }

    /** Waits for the only callback of the server under test to this path. */
    public Call await(String path) throws Exception {
        Call call = await(path, 1).get(0);
        assertThat(call.isSignedWith(SECRET)).as("a valid signature").isTrue();
        return call;
    }

    @Override
    public void close() {
        server.close();
    }
}
