package io.github.claudejakarta.binding;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Errors of an application's own resources. */
class ClaudeExceptionMapperTest {

    private final ClaudeExceptionMapper mapper = new ClaudeExceptionMapper();

    @Test
    void anErrorOfClaudeKeepsItsStatusBodyAndIds() {
        String body = "{\"error\":{\"message\":\"slow\",\"type\":\"rate_limit_error\"},\"type\":\"error\"}";

        Response response = mapper.toResponse(ClaudeException.ofAnswer(
                429,
                Map.of("request-id", "req_1", "retry-after", "7", "anthropic-ratelimit-requests-remaining", "0"),
                body));

        assertThat(response.getStatus()).isEqualTo(429);
        assertThat(response.getEntity()).isEqualTo(body);
        assertThat(response.getMediaType()).hasToString("application/json");
        assertThat(response.getHeaderString("request-id")).isEqualTo("req_1");
        assertThat(response.getHeaderString("retry-after")).isEqualTo("7");
        // Clients of the application must not see the limits of the account.
        assertThat(response.getHeaders()).doesNotContainKey("anthropic-ratelimit-requests-remaining");
        assertThat(response.getHeaderString("claude-error-kind")).isEqualTo("refused");
    }

    @ParameterizedTest
    @CsvSource({
        "CANCELED,api_error,499",
        "UNREACHABLE,api_error,503",
        "TIMED_OUT,timeout_error,504",
        "LIMITED,overloaded_error,529",
        "BROKEN,api_error,502",
        "INVALID,invalid_request_error,400",
        "NOT_FOUND,not_found_error,404",
        "UNAVAILABLE,api_error,503",
        "INTERNAL,api_error,500",
        "REFUSED,overloaded_error,529",
        "REFUSED,authentication_error,502",
        "REFUSED,billing_error,502",
        "REFUSED,permission_error,502"
    })
    void eachKindHasAStatus(ErrorKind kind, String type, int status) {
        Response response = mapper.toResponse(ClaudeException.of(kind, new ErrorType(type), "m"));

        assertThat(response.getStatus()).isEqualTo(status);
        assertThat(response.getHeaderString("claude-error-kind"))
                .isEqualTo(kind.name().toLowerCase(Locale.ROOT));
    }

    @Test
    void theWaitIsRoundedUp() {
        Response response = mapper.toResponse(
                ClaudeException.of(ErrorType.OVERLOADED, "m").withRetryAfter(Duration.ofMillis(1_001)));

        assertThat(response.getHeaderString("retry-after")).isEqualTo("2");
    }

    @ParameterizedTest
    @CsvSource({
        "UNREACHABLE,api_error",
        "INTERNAL,api_error",
        "INTERNAL,invalid_request_error",
        "BROKEN,api_error",
        "LIMITED,overloaded_error",
        "UNAVAILABLE,api_error",
        "REFUSED,authentication_error"
    })
    void hidesFaultsOfTheApplicationFromItsClients(ErrorKind kind, String type) {
        Response response = mapper.toResponse(ClaudeException.of(kind, new ErrorType(type), "proxy.bank.internal:3128")
                .withRequestId("req_1"));

        assertThat(response.getEntity().toString())
                .doesNotContain("proxy.bank")
                .doesNotContain("authentication_error")
                .contains("\"request_id\":\"req_1\"");
    }

    @Test
    void anApplicationMayChangeTheShownError() {
        var own = new ClaudeExceptionMapper() {
            @Override
            protected ClaudeException clientError(ClaudeException failure) {
                return failure;
            }
        };

        assertThat(own.toResponse(ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "details"))
                        .getEntity()
                        .toString())
                .contains("details");
    }

    @Test
    void scanningDoesNotFindIt() {
        assertThat(ClaudeExceptionMapper.class.isAnnotationPresent(Provider.class))
                .isFalse();
        assertThat(ClaudeJsonb.class.isAnnotationPresent(Provider.class)).isFalse();
    }
}
