package io.github.claudejakarta.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.web.LocatedError;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorMapperTest {

    private final ErrorMapper mapper = new ErrorMapper();

    @Test
    void anErrorOfClaudeIsUnchanged() {
        String body = "{ \"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}";
        var response = mapper.toResponse(ClaudeException.ofAnswer(
                529,
                Map.of(
                        "request-id",
                        "req_1",
                        "retry-after",
                        "7",
                        "anthropic-ratelimit-tokens-limit",
                        "9",
                        "set-cookie",
                        "a"),
                body));

        assertThat(response.getStatus()).isEqualTo(529);
        assertThat(response.getEntity()).isEqualTo(body);
        assertThat(response.getMediaType()).hasToString("application/json");
        assertThat(response.getHeaderString("request-id")).isEqualTo("req_1");
        assertThat(response.getHeaderString("retry-after")).isEqualTo("7");
        assertThat(response.getHeaderString("anthropic-ratelimit-tokens-limit")).isEqualTo("9");
        assertThat(response.getHeaderString("set-cookie")).isNull();
    }

    @Test
    void anErrorOfTheServerHasARequestIdInHeaderAndBody() {
        var response = mapper.toResponse(ClaudeException.of(ErrorType.NOT_FOUND, "There is no stream x"));
        String id = response.getHeaderString("request-id");

        assertThat(id).matches("req_[0-9a-f]{32}");
        assertThat(response.getStatus()).isEqualTo(404);
        assertThat(response.getEntity())
                .isEqualTo("{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
                        + "\"message\":\"There is no stream x\"},\"request_id\":\"" + id + "\"}");
    }

    @Test
    void aLocatedErrorHasALocation() {
        var location = URI.create("http://localhost:9080/v1/jobs/job_1");
        var response = mapper.toResponse(
                new LocatedError(ClaudeException.of(ErrorType.CONFLICT, "job_1 was canceled"), location));

        assertThat(response.getStatus()).isEqualTo(409);
        assertThat(response.getLocation()).isEqualTo(location);
        assertThat((String) response.getEntity())
                .contains("\"type\":\"conflict_error\"")
                .contains(response.getHeaderString("request-id"));
    }

    @ParameterizedTest
    @CsvSource({"PT10S,10", "PT0.02S,1", "PT90S,90"})
    void ourRetryAfterIsInWholeSeconds(Duration wait, String header) {
        assertThat(mapper.toResponse(
                                ClaudeException.of(ErrorType.OVERLOADED, "x").withRetryAfter(wait))
                        .getHeaderString("retry-after"))
                .isEqualTo(header);
    }

    @ParameterizedTest
    @CsvSource({
        "400,invalid_request_error",
        "404,not_found_error",
        "405,invalid_request_error",
        "406,invalid_request_error",
        "415,invalid_request_error",
        "413,request_too_large",
        "500,api_error",
        "503,api_error"
    })
    void theServersErrorsHaveAnthropicsShape(int status, String type) {
        var response = mapper.toResponse(new WebApplicationException("RESTEASY003210 secret", status));

        assertThat(response.getStatus()).isEqualTo(status);
        assertThat((String) response.getEntity())
                .contains("\"type\":\"" + type + "\"")
                .doesNotContain("RESTEASY");
    }

    @Test
    void aMethodThatIsNotAllowedListsTheAllowedMethods() {
        var response = mapper.toResponse(new NotAllowedException("no", "POST", new String[] {"OPTIONS"}));

        assertThat(response.getStatus()).isEqualTo(405);
        assertThat(response.getHeaderString("allow")).contains("POST").contains("OPTIONS");
        assertThat(response.getHeaderString("request-id")).startsWith("req_");
    }

    @Test
    void aResponseThatIsNotAnErrorIsUnchanged() {
        assertThat(mapper.toResponse(
                                new WebApplicationException(Response.noContent().build()))
                        .getStatus())
                .isEqualTo(204);
    }

    @Test
    void anUnexpectedErrorRevealsNothing() {
        var response = mapper.toResponse(new IllegalStateException("secret"));

        assertThat(response.getStatus()).isEqualTo(500);
        assertThat((String) response.getEntity())
                .contains("\"api_error\"", "Internal server error")
                .doesNotContain("secret");
    }
}
