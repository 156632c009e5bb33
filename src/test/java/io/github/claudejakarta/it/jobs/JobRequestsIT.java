package io.github.claudejakarta.it.jobs;

import static io.github.claudejakarta.it.support.JobCaller.callback;
import static io.github.claudejakarta.it.support.JobCaller.submission;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.it.support.Api;
import io.github.claudejakarta.it.support.FaultTolerance;
import io.github.claudejakarta.it.support.JobCaller;
import io.github.claudejakarta.it.support.RawClient;
import io.github.claudejakarta.it.support.RealWar;
import io.github.claudejakarta.it.support.Receiver;
import io.github.claudejakarta.it.support.ServerLog;
import io.github.claudejakarta.it.support.Wire;
import io.github.claudejakarta.upstream.Script;
import io.github.claudejakarta.upstream.ScriptedUpstream;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats of submissions and responses of jobs. Invalid submissions are rejected, and nothing of them is stored. */
@ExtendWith(ArquillianExtension.class)
class JobRequestsIT {

    @RegisterExtension
    static final ServerLog LOG = ServerLog.withWarnings("SRVE0315E|RESTEASY002130");

    private static final JobCaller CALLER = JobCaller.ofServer();
    private static final String JOB = submission(Api.body(false));

    private static ScriptedUpstream upstream;

    @Deployment(testable = false)
    static WebArchive war() {
        return RealWar.withSettings(
                FaultTolerance.NO_BREAKER,
                FaultTolerance.NO_RETRIES,
                "claude.job.max-attempts=1",
                "claude.webhooks.secret=" + Receiver.SECRET);
    }

    @BeforeAll
    static void startUpstream() {
        upstream = ScriptedUpstream.startForServer();
    }

    @AfterAll
    static void closeUpstream() throws Exception {
        CALLER.cancelAll();
        upstream.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    // Prefer: wait.

    @ParameterizedTest
    @CsvSource({"wait=0,wait=0", "WAIT = \"1\"; foo=bar,wait=1"})
    void waitsNoLongerThanPreferred(String prefer, String applied) throws Exception {
        upstream.answer(Wire.begun().stall());

        long begin = System.nanoTime();
        var response = CALLER.submit(JOB, "prefer", prefer);

        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isGreaterThanOrEqualTo(Duration.ofSeconds(applied.endsWith("1") ? 1 : 0));
        assertThat(response.statusCode()).as(response::body).isEqualTo(202);
        assertThat(response.headers().firstValue("preference-applied")).contains(applied);
        assertThat(Api.json(response.body()).getString("status")).isIn("queued", "running");
        CALLER.cancel(Api.json(response.body()).getString("id"));
    }

    // Text responses.

    @ParameterizedTest
    @CsvSource({
        "*/*,application/json",
        "'text/html, */*;q=0.8',application/json",
        "application/json,application/json",
        "text/plain,text/plain",
        "'text/plain, application/json;q=0.5',text/plain"
    })
    void returnsTextIfTheClientPrefersIt(String accept, String type) throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());

        var submitted = CALLER.submit(JOB, "accept", accept, "prefer", "wait=60");
        var read = CALLER.get("/" + CALLER.newest().get(0), "accept", accept);

        for (var response : List.of(submitted, read)) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type").orElse(""))
                    .startsWith(type)
                    .doesNotContain("qs=");
            assertThat(response.headers().allValues("vary").toString())
                    .containsIgnoringCase("accept")
                    .containsIgnoringCase("prefer");
            assertThat(response.body().equals("Hello")).as(response.body()).isEqualTo(type.equals("text/plain"));
        }
    }

    @Test
    void theTextOfARunningJobIsItsUrl() throws Exception {
        upstream.answer(Wire.begun().stall());

        var submitted = CALLER.submit(JOB, "accept", "text/plain");
        var url = submitted.body().strip();
        var read = Api.get(url.substring(Api.SERVER.toString().length()), "accept", "text/plain");

        for (var response : List.of(submitted, read)) {
            assertThat(response.statusCode()).isEqualTo(202);
            assertThat(response.body()).startsWith(Api.SERVER + "/v1/jobs/job_").endsWith("\n");
            assertThat(response.headers().firstValue("location"))
                    .contains(response.body().strip());
            assertThat(response.headers().firstValue("content-type")).contains("text/plain;charset=utf-8");
        }
        String id = url.substring(url.lastIndexOf('/') + 1);
        CALLER.cancel(id);
        Api.assertError(CALLER.get("/" + id, "accept", "text/plain"), 409, "conflict_error");
    }

    @Test
    void theTextOfAFailedJobIsAnErrorWithItsStatus() throws Exception {
        upstream.answer(
                Script.error(403, "permission_error", "Not you"),
                Script.error(529, "overloaded_error", "Overloaded"),
                Script.error(529, "overloaded_error", "Overloaded"));

        var refused = CALLER.submit(JOB, "accept", "text/plain", "prefer", "wait=60");
        var overloaded = CALLER.submit(JOB, "accept", "text/plain", "prefer", "wait=60");

        assertThat(Api.assertError(refused, 403, "permission_error").getString("message"))
                .isEqualTo("Not you");
        Api.assertError(overloaded, 529, "overloaded_error");
        for (String id : CALLER.ids("?limit=2")) {
            var again = CALLER.get("/" + id, "accept", "text/plain");
            Api.assertError(
                    again, again.statusCode(), again.statusCode() == 403 ? "permission_error" : "overloaded_error");
            assertThat(again.headers().firstValue("location"))
                    .hasValueSatisfying(location -> assertThat(location).endsWith("/v1/jobs/" + id));
        }
    }

    // Forms.

    @Test
    void acceptsAForm() throws Exception {
        upstream.answer(Wire.helloScript());

        var response = CALLER.submitForm(
                "prompt=Gr%C3%BC%C3%9Fe+%26+%F0%9F%8E%89%0Aein=2&model=claude-opus-5-5&max_tokens=64&system=Be%20brief",
                "accept", "text/plain", "prefer", "wait=60");

        assertThat(response.body()).isEqualTo("Hello");
        var sent = upstream.takeRequest().json();
        assertThat(sent.getJsonArray("messages").getJsonObject(0).getString("content"))
                .isEqualTo("Grüße & 🎉\nein=2");
        assertThat(sent.getString("model")).isEqualTo("claude-opus-5-5");
        assertThat(sent.getInt("max_tokens")).isEqualTo(64);
        assertThat(sent.getString("system")).isEqualTo("Be brief");
        assertThat(sent.getBoolean("stream")).isTrue();
    }

    @Test
    void acceptsAFormInItsCharacterSet() throws Exception {
        upstream.answer(Wire.helloScript(), Wire.helloScript());

        for (String prompt : List.of("Gr%FC%DFe", "Grüße")) {
            var response = JobCaller.send(CALLER.request("")
                    .header("content-type", "application/x-www-form-urlencoded; charset=iso-8859-1")
                    .POST(BodyPublishers.ofByteArray(
                            ("prompt=" + prompt + "&model=m&max_tokens=1").getBytes(ISO_8859_1))));
            assertThat(response.statusCode()).as(response::body).isEqualTo(202);
            assertThat(upstream.takeRequest()
                            .json()
                            .getJsonArray("messages")
                            .getJsonObject(0)
                            .getString("content"))
                    .isEqualTo("Grüße");
        }
    }

    /**
     * The position of the request is counted in characters, some of which are surrogate pairs. The parser reads ahead
     * in blocks.
     */
    @Test
    void theRequestIsFoundAmongOtherMembers() throws Exception {
        upstream.answer(Wire.helloScript());
        var request = Api.body(true, "\"system\":\"}🎉\uFFFD{\\\"" + "ü".repeat(100_000) + "\"");
        var metadata = "{ \"a\" : \"🎉" + "é".repeat(7_000) + "{\"}";

        var id = CALLER.accepted(
                " {\n\"callback_url\" : null ,\"metadata\":" + metadata + ",\r\n \"request\" :  " + request + " }\n");

        assertThat(upstream.takeRequest().text()).isEqualTo(request);
        assertThat(CALLER.job(id).getJsonObject("metadata")).isEqualTo(Api.json(metadata));
    }

    @Test
    void streamMayBeNull() throws Exception {
        upstream.answer(Wire.helloScript());
        String body = Api.body(false).replace("\"stream\":false", "\"stream\": null");

        assertThat(CALLER.submit(submission(body), "prefer", "wait=20").statusCode())
                .isEqualTo(200);
        assertThat(upstream.takeRequest().text()).isEqualTo(body.replace("null", "true"));
    }

    // Invalid submissions.

    static Stream<Arguments> badSubmissions() {
        String good = Api.body(false);
        return Stream.of(
                Arguments.of("", "JSON"),
                Arguments.of("{", "JSON"),
                Arguments.of("[]", "JSON object"),
                Arguments.of("null", "JSON object"),
                Arguments.of(JOB + "x", "JSON"),
                Arguments.of("{\"request\":" + good + ",}", "JSON"),
                Arguments.of("{\"request\":" + good, "JSON"),
                Arguments.of("{\"request\":{\"model\":\"m\",\"a\":" + "[".repeat(100_000) + "}", "JSON"),
                Arguments.of("{}", "request: Field required"),
                Arguments.of(good, "Extra inputs are not permitted"),
                Arguments.of("{\"request\":\"Hi\"}", "request: Input should be a valid object"),
                Arguments.of("{\"request\":null}", "request"),
                Arguments.of("{\"request\":[" + good + "]}", "request"),
                Arguments.of("{\"request\":{}}", "request.model"),
                Arguments.of(submission(good.replace("max_tokens", "max_token")), "request.max_tokens"),
                Arguments.of(submission(good.replace("64", "-1")), "request.max_tokens"),
                Arguments.of(submission(good.replace("messages", "message")), "request.messages"),
                Arguments.of(submission(good.replace("false", "\"no\"")), "request.stream"),
                Arguments.of("{\"request\":" + good + ",\"metadata\":[]}", "metadata: Input should be a valid object"),
                Arguments.of(
                        submission(good, "\"callback_uri\":\"https://example.com\""), "callback_uri: Extra inputs"),
                Arguments.of(submission(good, "\"callback_url\":{}"), "callback_url: Input should be a valid string"),
                Arguments.of(submission(good, "\"callback_url\":[\"https://example.com\"]"), "callback_url"),
                Arguments.of(submission(good, "\"metadata\":\"x\""), "metadata: Input should be a valid object"),
                Arguments.of(
                        submission(good, "\"metadata\":{\"a\":\"" + "x".repeat(8_000) + "\"}"),
                        "metadata: should have at most 8000"));
    }

    @ParameterizedTest
    @MethodSource("badSubmissions")
    void rejectsInvalidSubmissions(String body, String expected) throws Exception {
        var newest = CALLER.newest();

        for (String accept : List.of("application/json", "text/plain")) {
            var error = Api.assertError(CALLER.submit(body, "accept", accept), 400, "invalid_request_error");
            assertThat(error.getString("message")).contains(expected).hasSizeLessThan(1000);
        }
        assertNothingStored(newest);
    }

    @Test
    void rejectsInvalidUtf8() throws Exception {
        var newest = CALLER.newest();
        var latin = JobCaller.send(CALLER.request("")
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofByteArray(
                        JOB.replace(Api.PROMPT, "Grüße \uFFFD").getBytes(ISO_8859_1))));
        var mixed = (JOB.replace(Api.PROMPT, "\uFFFD") + "{").getBytes(UTF_8);
        mixed[mixed.length - 1] = (byte) 0xFF;

        for (var response : List.of(
                latin,
                JobCaller.send(CALLER.request("")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofByteArray(mixed))))) {
            assertThat(Api.assertError(response, 400, "invalid_request_error").getString("message"))
                    .contains("not UTF-8");
        }
        assertNothingStored(newest);
    }

    // Bytes.

    /**
     * Lone surrogates, spellings of numbers and white space go to Claude unchanged, without a byte order mark. Lone
     * surrogates that JSON can contain are also in the response.
     */
    @Test
    void theRequestGoesToClaudeUnchanged() throws Exception {
        upstream.answer(Script.sseHead()
                .write(Wire.START + Wire.text("A \\ud83d") + Wire.text("\\ude00! \\ud83d") + Wire.STOP));
        String request =
                "{ \"stream\":true,\"model\":\"m\",\"max_tokens\":1e1,\"n\":12345678901234567890.123456789,\"e\":1E400,\"max_tokens\":20,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"lone \\ud83d\\u0000\"}] }";

        String id = CALLER.accepted(
                "\uFEFF" + submission(request, "\"metadata\":{\"m\":\"\\ud83d\",\"u\":\"\\u0000\",\"n\":1.50}"));
        CALLER.succeeded(id);

        assertThat(upstream.takeRequest().text()).isEqualTo(request);
        assertThat(CALLER.get("/" + id).body())
                .contains("\"text\":\"A \ud83d\ude00! \\ud83d\"", "{\"m\":\"\\ud83d\",\"u\":\"\\u0000\",\"n\":1.50}")
                .doesNotContain("?");
        assertThat(CALLER.get("?limit=1").body()).contains("{\"m\":\"\\ud83d\",");
        assertThat(CALLER.get("/" + id, "accept", "text/plain").body()).isEqualTo("A \ud83d\ude00! \ufffd");
    }

    @Test
    void aFormMayHaveAByteOrderMark() throws Exception {
        upstream.answer(Wire.helloScript());

        assertThat(CALLER.submitForm("\uFEFFprompt=Hi&model=m&max_tokens=9", "prefer", "wait=60")
                        .statusCode())
                .isEqualTo(200);
    }

    private static void assertNothingStored(List<String> before) throws Exception {
        assertThat(CALLER.newest()).isEqualTo(before);
        assertThat(upstream.requests()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model=m&max_tokens=1 | prompt: Field required",
                "prompt=&model=m&max_tokens=1 | prompt: Field required",
                "prompt=Hi&max_tokens=1 | model: Field required",
                "prompt=Hi&model=m | max_tokens: Field required",
                "prompt=Hi&model=m&max_tokens=many | max_tokens",
                "prompt=Hi&model=m&max_tokens=0x1 | max_tokens",
                "prompt=Hi&model=m&max_tokens=-1 | max_tokens",
                "prompt=Hi&model=m&max_tokens=99999999999 | max_tokens",
                "prompt=Hi&model=m&max_tokens=1&promt=Ho | promt",
                "prompt=Hi&prompt=Ho&model=m&max_tokens=1 | twice",
                "prompt=%zz&model=m&max_tokens=1 | form",
                "prompt=Hi&model=m&max_tokens=% | form",
                "nothing | form",
                "prompt=Hi&model=m&max_tokens=1&callback_url=https://127.0.0.1/ | callback_url"
            })
    void rejectsInvalidForms(String form, String expected) throws Exception {
        var newest = CALLER.newest();

        assertThat(Api.assertError(CALLER.submitForm(form), 400, "invalid_request_error")
                        .getString("message"))
                .contains(expected);
        assertNothingStored(newest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wait=abc",
                "wait=-1",
                "wait",
                "wait=",
                "wait=1.5",
                "wait=99999999999",
                "wait=PT30S",
                "wait=1 0",
                "foo, wait=x"
            })
    void rejectsAnInvalidPrefer(String prefer) throws Exception {
        var newest = CALLER.newest();

        var error = Api.assertError(CALLER.submit(JOB, "prefer", prefer), 400, "invalid_request_error");
        assertThat(error.getString("message")).contains("Prefer", "wait=30");
        Api.assertError(CALLER.submit(JOB, "prefer", prefer, "accept", "text/plain"), 400, "invalid_request_error");
        Api.assertError(
                CALLER.submitForm("prompt=Hi&model=m&max_tokens=1", "prefer", prefer), 400, "invalid_request_error");
        assertNothingStored(newest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/",
                "https://localhost/",
                "https://LOCALHOST:8443/x",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[::ffff:7f00:1]/",
                "https://0.0.0.0/",
                "https://[::]/",
                "https://10.0.0.1/",
                "https://172.16.3.4/",
                "https://192.168.1.1/",
                "https://100.64.0.1/",
                "https://169.254.169.254/latest/meta-data/",
                "https://[fe80::1]/",
                "https://[fd00:ec2::254]/",
                "https://[64:ff9b::7f00:1]/",
                "https://224.0.0.1/",
                "https://255.255.255.255/",
                "https://2130706433/",
                "https://127.1/",
                "http://example.com/",
                "http://8.8.8.8/",
                "HTTP://8.8.8.8/",
                "ftp://8.8.8.8/",
                "file:///etc/passwd",
                "javascript:alert(1)",
                "https://",
                "https:///x",
                "https:8.8.8.8",
                "//8.8.8.8/",
                "/callback",
                "callback",
                "",
                " ",
                "https://8.8.8.8/a b",
                "https://8.8.8.8:0/",
                "https://8.8.8.8:65536/",
                "https://8.8.8.8:x/",
                "https://user:secret@8.8.8.8/",
                "https://@8.8.8.8/",
                "https://8.8.8.8/#part",
                "https://8.8.8.8\\\\@127.0.0.1/",
                "https://8.8.8.8/%zz",
                "https://8.8.8.8/\\u0000"
            })
    void callsBackOnlyPublicHostsOverHttps(String url) throws Exception {
        var newest = CALLER.newest();

        var error = Api.assertError(
                CALLER.submit(submission(Api.body(false), callback(url))), 400, "invalid_request_error");

        assertThat(error.getString("message")).startsWith("callback_url: ");
        assertNothingStored(newest);
    }

    @Test
    void theLengthOfABodyIsLimited() throws Exception {
        var newest = CALLER.newest();
        byte[] big = submission(Api.body(false, "\"system\":\"" + "x".repeat(40 << 20) + "\""))
                .getBytes(UTF_8);

        try (var client = RawClient.connect()) {
            client.write(
                    ("POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                                    + big.length + "\r\n\r\n{")
                            .getBytes(UTF_8));
            assertThat(client.status()).isEqualTo(413);
            assertThat(client.readUntil("request_id")).contains("request_too_large");
        }
        Api.assertError(
                JobCaller.send(CALLER.request("")
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(big)))),
                413,
                "request_too_large");
        byte[] unwrapped =
                Api.body(false, "\"system\":\"" + "x".repeat(33 << 20) + "\"").getBytes(UTF_8);
        for (var sent : List.of(
                BodyPublishers.ofByteArray(unwrapped),
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(unwrapped)))) {
            Api.assertError(
                    JobCaller.send(CALLER.request("")
                            .header("content-type", "application/json")
                            .POST(sent)),
                    413,
                    "request_too_large");
        }
        // A request of 32 MB and one byte, in a body that may be longer.
        int more = (32 << 20) - Api.body(false, "\"system\":\"\"").length() + 1;
        Api.assertError(
                CALLER.submit(submission(Api.body(false, "\"system\":\"" + "x".repeat(more) + "\""))),
                413,
                "request_too_large");
        assertNothingStored(newest);
    }

    @Test
    void aRequestMayHaveTheLengthThatClaudeAccepts() throws Exception {
        upstream.answer(Wire.helloScript());
        var request = Api.body(true, "\"system\":\"" + "x".repeat(30 << 20) + "\"");

        CALLER.succeeded(CALLER.accepted(submission(request)));

        assertThat(upstream.takeRequest().body().length).isEqualTo(request.length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "multipart/form-data; boundary=x",
                "application/x-ndjson",
                "nonsense",
                "application/x-www-form-urlencoded; charset=nonsense"
            })
    void rejectsOtherContentTypes(String type) throws Exception {
        var newest = CALLER.newest();

        var response =
                JobCaller.send(CALLER.request("").header("content-type", type).POST(BodyPublishers.ofString(JOB)));

        // Liberty rejects values that are not media types.
        Api.assertError(response, type.equals("nonsense") ? 400 : 415, "invalid_request_error");
        assertNothingStored(newest);
    }

    @Test
    void theLengthOfStoredFieldsIsLimited() throws Exception {
        var newest = CALLER.newest();

        Api.assertError(CALLER.submit(JOB, "anthropic-beta", "x".repeat(4_000)), 400, "invalid_request_error");
        Api.assertError(CALLER.submit(JOB, "idempotency-key", "x".repeat(256)), 400, "invalid_request_error");
        Api.assertError(
                CALLER.submit(submission(Api.body(false), callback("https://8.8.8.8/" + "x".repeat(2_000)))),
                400,
                "invalid_request_error");
        Api.assertError(CALLER.submit(JOB, "idempotency-key", " "), 400, "invalid_request_error");
        assertNothingStored(newest);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/x",
        "GET,/job_00000000000000000000000000000000",
        "DELETE,/job_00000000000000000000000000000000",
        "GET,/x/deliveries",
        "POST,/job_00000000000000000000000000000000/retry",
        "POST,/x/deliveries/y/retry",
        "GET,/x/nothing",
        "POST,/x/cancel",
        "GET,/x/deliveries/y",
        "GET,/x?after_id=y"
    })
    void unknownPathsReturn404(String method, String below) throws Exception {
        var response = JobCaller.send(CALLER.request(below).method(method, BodyPublishers.noBody()));

        Api.assertError(response, 404, "not_found_error");
    }

    @ParameterizedTest
    @CsvSource({"PUT,", "PATCH,", "DELETE,", "PUT,/x", "POST,/x", "PATCH,/x", "GET,/x/retry", "DELETE,/x/retry"})
    void otherMethodsAreRejected(String method, String below) throws Exception {
        var response = JobCaller.send(CALLER.request(below == null ? "" : below)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString(JOB)));

        Api.assertError(response, 405, "invalid_request_error");
        assertThat(response.headers().firstValue("allow")).isPresent();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "limit=0",
                "limit=abc",
                "limit=1001",
                "after_id=job_none",
                "before_id=x",
                "after_id=a&before_id=b",
                "status=over",
                "status=",
                "after_id=%00"
            })
    void rejectsInvalidPages(String query) throws Exception {
        Api.assertError(CALLER.get("?" + query), 400, "invalid_request_error");
    }

    @Test
    void answersHeadLikeGetWithoutABody() throws Exception {
        upstream.answer(Wire.helloScript());
        String id = CALLER.accepted(JOB);
        CALLER.succeeded(id);

        for (String below : List.of("", "/" + id, "/" + id + "/deliveries")) {
            var response = JobCaller.send(CALLER.request(below).method("HEAD", BodyPublishers.noBody()));
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("application/json");
            assertThat(response.body()).isEmpty();
        }
        assertThat(JobCaller.send(CALLER.request("/" + id, "accept", "text/plain")
                                .method("HEAD", BodyPublishers.noBody()))
                        .headers()
                        .firstValue("content-type")
                        .orElse(""))
                .startsWith("text/plain");
        assertThat(JobCaller.send(CALLER.request("/x").method("HEAD", BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void rejectsUnsupportedAcceptHeaders() throws Exception {
        var newest = CALLER.newest();

        Api.assertError(CALLER.submit(JOB, "accept", "image/png"), 406, "invalid_request_error");
        Api.assertError(CALLER.get("", "accept", "text/plain"), 406, "invalid_request_error");
        assertNothingStored(newest);
    }
}
