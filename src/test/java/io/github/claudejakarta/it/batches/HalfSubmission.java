package io.github.claudejakarta.it.batches;

import static io.github.claudejakarta.it.support.BatchCaller.line;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.BatchCaller;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.util.List;

/** An unfinished submission: the server has received and stored some of its requests. */
final class HalfSubmission implements AutoCloseable {

    private static final long HEAD_START_MILLIS = 500;

    private final Socket socket;

    private HalfSubmission(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) Api.TIMEOUT.toMillis());
    }

    /** Starts a submission, and returns when the server has begun to receive it. */
    static HalfSubmission begin(BatchCaller caller, String key, List<String> customIds) throws Exception {
        var half = new HalfSubmission(
                new Socket(caller.server().getHost(), caller.server().getPort()));
        half.write("POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                + "Idempotency-Key: " + key + "\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (String id : customIds) {
            String chunk = line(id, "batch_us=0");
            half.write(Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n");
        }
        Api.await("a submission that is under way", () -> {
            // A check of the key claims it for a moment, and must not come before the submission.
            Thread.sleep(HEAD_START_MILLIS);
            return isUnderWay(caller, key);
        });
        return half;
    }

    /**
     * Returns whether the submission has claimed its key. The check uses an invalid body, so that it is never accepted.
     */
    static boolean isUnderWay(BatchCaller caller, String key) throws Exception {
        return caller.submit("{}", "Idempotency-Key", key).statusCode() == 409;
    }

    /** Sends the rest, and returns the status of the response. */
    int finish() throws IOException {
        write("0\r\n\r\n");
        return Integer.parseInt(new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))
                .readLine()
                .split(" ")[1]);
    }

    private void write(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(UTF_8));
        socket.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
