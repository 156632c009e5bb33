package io.github.claudejakarta.claude.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedHeadersTest {

    @ParameterizedTest
    @ValueSource(strings = {"anthropic-version", "Anthropic-Beta", "ANTHROPIC-WORKSPACE-ID", "x-api-key", "X-Api-Key"})
    void areSentUpstreamInLowerCase(String name) {
        assertThat(ForwardedHeaders.upstream(Map.of(name, List.of("a"))))
                .containsOnly(Map.entry(name.toLowerCase(Locale.ROOT), "a"));
    }

    @Test
    void onlyABearerTokenIsSentUpstream() {
        assertThat(ForwardedHeaders.upstream(Map.of("Authorization", List.of("Bearer a"))))
                .containsOnly(Map.entry("authorization", "Bearer a"));
        assertThat(ForwardedHeaders.upstream(Map.of("Authorization", List.of("Basic a"))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cookie",
                "host",
                "connection",
                "content-length",
                "transfer-encoding",
                "te",
                "upgrade",
                "proxy-authorization",
                "x-forwarded-for",
                "forwarded",
                "origin",
                "referer",
                "accept-encoding",
                "content-type",
                "user-agent",
                "x-stainless-lang",
                "x-anthropic"
            })
    void areNotSentUpstream(String name) {
        assertThat(ForwardedHeaders.upstream(Map.of(name, List.of("a")))).isEmpty();
    }

    @Test
    void severalBetasAreJoined() {
        assertThat(ForwardedHeaders.upstream(Map.of("anthropic-beta", List.of("a", "b,c"))))
                .containsOnly(Map.entry("anthropic-beta", "a,b,c"));
    }

    @Test
    void theFirstOfSeveralKeysCounts() {
        assertThat(ForwardedHeaders.upstream(Map.of("x-api-key", List.of("a", "b"))))
                .containsOnly(Map.entry("x-api-key", "a"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "sk-1|Bearer sk-2|x-api-key: sk-1",
                "''|Bearer sk-2|authorization: Bearer sk-2",
                " \t|Bearer sk-2|authorization: Bearer sk-2",
                " \tsk-1\t |Bearer sk-2|x-api-key: sk-1",
                "''|\tbEARER \t sk-2\t|authorization: Bearer sk-2",
                ",sk-1|Bearer sk-2|x-api-key: sk-1",
                "sk-1, sk-3|''|x-api-key: sk-1",
                "''|Basic YTpi, Bearer sk-2|authorization: Bearer sk-2",
                "''|Bearer ,bearer sk-2|authorization: Bearer sk-2",
                "''|Bearer sk-2,Bearer|authorization: Bearer sk-2",
                "''|Bearer a,b|authorization: Bearer a,b",
                "''|Bearer|",
                "''|Bearer \t|",
                "''|Bearersk-2|",
                "''|Digest username=\"a\", realm=\"b c\"|",
                "''|''|"
            })
    void oneCredentialIsSentUpstreamAndNeverABlankOne(String apiKey, String authorization, String expected) {
        var passed = ForwardedHeaders.upstream(
                Map.of("X-Api-Key", List.of(apiKey), "Authorization", List.of(authorization)));

        assertThat(passed.entrySet())
                .extracting(header -> header.getKey() + ": " + header.getValue())
                .isEqualTo(expected == null ? List.of() : List.of(expected));
    }

    @Test
    void theFirstNonBlankOfDuplicateKeysIsSentUpstream() {
        assertThat(ForwardedHeaders.upstream(Map.of("x-api-key", List.of(" ", "a"))))
                .containsOnly(Map.entry("x-api-key", "a"));
        assertThat(ForwardedHeaders.upstream(Map.of("Authorization", List.of("Basic a", "Bearer ", "Bearer b"))))
                .containsOnly(Map.entry("authorization", "Bearer b"));
    }

    @Test
    void whiteSpaceAroundAValueIsRemoved() {
        assertThat(ForwardedHeaders.upstream(Map.of(
                        "anthropic-version",
                        List.of(" \t2023-06-01\t "),
                        "anthropic-beta",
                        List.of(" a ", "", "b,c\t"),
                        "anthropic-x",
                        List.of(" "))))
                .isEqualTo(Map.of("anthropic-version", "2023-06-01", "anthropic-beta", "a,b,c"));
    }

    @Test
    void ignoresAHeaderWithoutValue() {
        assertThat(ForwardedHeaders.upstream(Map.of("x-api-key", List.of()))).isEmpty();
        assertThat(ForwardedHeaders.downstream(Map.of("request-id", List.of()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Request-Id",
                "retry-after",
                "retry-after-ms",
                "x-should-retry",
                "content-type",
                "claude-simulator",
                "anthropic-ratelimit-requests-reset",
                "Anthropic-Organization-Id"
            })
    void areReturnedInLowerCase(String name) {
        assertThat(ForwardedHeaders.downstream(Map.of(name, List.of("a"))))
                .containsOnly(Map.entry(name.toLowerCase(Locale.ROOT), "a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set-cookie",
                "server",
                "date",
                "connection",
                "keep-alive",
                "transfer-encoding",
                "content-length",
                "content-encoding",
                "x-api-key",
                "authorization",
                "www-authenticate",
                "location",
                "via",
                "cf-ray"
            })
    void areNotReturned(String name) {
        assertThat(ForwardedHeaders.downstream(Map.of(name, List.of("a")))).isEmpty();
    }
}
