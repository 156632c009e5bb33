package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UriPathTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/messages,/v1/messages",
        "/v1/%6Dessages,/v1/messages",
        "/%76%31/%6d%65ssages,/v1/messages",
        "/a%2D%2e%5F%7e%30%5A,/a-._~0Z",
        "/a%2fb%5c%23%3f%3b%20,/a%2Fb%5C%23%3F%3B%20",
        "/%256D,/%256D",
        "/%25%36D,/%256D",
        "/%c3%a9,/%C3%A9",
        "/%,/%",
        "/%6,/%6",
        "/%zz,/%zz"
    })
    void unreservedCharactersAreDecodedOnce(String path, String normal) {
        assertThat(UriPath.normalized(path)).isEqualTo(normal);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/..", "/v1/../x", "/./v1", "/v1/..;x=1/y", "/v1/.;a", "/v1/%2e%2E/x", "..", "/a/%2e"})
    void dotSegmentsAreFound(String path) {
        assertThat(UriPath.hasDotSegment(UriPath.normalized(path))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/...",
                "/v1/a..",
                "/v1/..a",
                "/v1/claude-3.5",
                "/",
                "",
                "/v1//x",
                "/v1/%252e%252e",
                "/v1/x;.."
            })
    void otherDotsAreNotSegments(String path) {
        assertThat(UriPath.hasDotSegment(UriPath.normalized(path))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"/a%2fb,true", "/a%5Cb,true", "/a%23b,true", "/a%252Fb,false", "/a/b,false", "/a%20b,false"})
    void encodedSeparatorsAreFound(String path, boolean expected) {
        assertThat(UriPath.hasEncodedSeparator(UriPath.normalized(path))).isEqualTo(expected);
    }
}
