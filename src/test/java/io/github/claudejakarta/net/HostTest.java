package io.github.claudejakarta.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostTest {

    @ParameterizedTest
    @CsvSource({
        "claude.example,claude.example",
        "Claude.EXAMPLE.,claude.example",
        "llm_gateway,llm_gateway",
        "_x._y,_x._y",
        "LLM_GATEWAY,llm_gateway",
        "INTRA,intra",
        "b\u00fccher.example,xn--bcher-kva.example",
        "B\u00dcCHER.example,xn--bcher-kva.example",
        "xn--BCHER-kva.Example.,xn--bcher-kva.example",
        "b\u00fccher\u3002example,xn--bcher-kva.example",
        "\u5317\u4eac.example,xn--1lq90i.example",
        "127.0.0.1,127.0.0.1",
        "::1,[::1]",
        "[::1],[::1]",
        "0:0:0:0:0:0:0:1,[::1]",
        "[2001:DB8:0:0::0001],[2001:db8::1]",
        "2001:db8:0:1:0:0:0:1,[2001:db8:0:1::1]",
        "::,[::]",
        "1::,[1::]",
        "fe80::1,[fe80::1]",
        "::ffff:127.0.0.1,[::ffff:127.0.0.1]",
        "[::ffff:7f00:1],[::ffff:127.0.0.1]",
        "::7f00:1,[::7f00:1]",
        "255.0.10.199,255.0.10.199",
        "1,1",
        "2130706433,2130706433",
        "x-1,x-1",
        "0xg,0xg",
        "1a,1a"
    })
    void hasANormalForm(String written, String name) {
        assertThat(Host.of(written).orElseThrow().name()).isEqualTo(name);
        assertThat(Host.of(name)).contains(new Host(name));
        assertThat(Host.of(new Host(name).bare())).as("without brackets").contains(new Host(name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a..b",
                ".a",
                "a b",
                "a/b",
                "user@a",
                "a:80",
                "[::1]:80",
                "[::1",
                "::1]",
                "[]",
                "[a]",
                "[1]",
                ":",
                "1:2",
                "fe80::1%eth0",
                "[fe80::1%25eth0]",
                "*",
                "*.a",
                "-a",
                "a-",
                "a.-b",
                "%61",
                "127.1",
                "127.0.0.1.",
                "0x7f.1",
                "a.1",
                "1.2.3.4.5",
                "stra\u00dfe.example",
                "\u03b1\u03c2.example",
                "a\u200db.example",
                "a\uff0fb",
                "\uff0e",
                "a\u0000",
                "a\nb",
                "{a}",
                "a,b",
                "~a"
            })
    void otherTextsAreNotHosts(String written) {
        assertThat(Host.of(written)).isEmpty();
        assertThat(Host.of("a".repeat(64))).isEmpty();
        assertThat(Host.of("a.".repeat(127) + "b")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "012.0.0.1,true",
        "999.1.1.1,true",
        "0x7f000001,true",
        "017700000001,true",
        "2130706433,true",
        "1,true",
        "10.0.0.1,false",
        "[::1],false",
        "a1,false",
        "0xg,false",
        "claude.example,false"
    })
    void detectsAmbiguousHosts(String host, boolean isAmbiguous) {
        assertThat(Host.of(host).orElseThrow().isAmbiguous()).isEqualTo(isAmbiguous);
        assertThat(Host.of(host).orElseThrow().address().isPresent())
                .isEqualTo(host.equals("10.0.0.1") || host.equals("[::1]"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://llm_gateway:8080/x,llm_gateway:8080",
        "https://b\u00fccher.example,xn--bcher-kva.example",
        "http://[::1]:80,[::1]:80",
        "http://x:,x",
        "http://u:p%40@a_b:1,u:p%40@a_b:1",
        "http://LOCALHOST.:65535,localhost:65535"
    })
    void aUrlHasAnAuthority(String url, String authority) {
        assertThat(Authority.of(URI.create(url)).orElseThrow()).hasToString(authority);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http:///x",
                "mailto:x",
                "/x",
                "http://:80",
                "http://a_b:-1",
                "http://a_b:x",
                "http://a:65536",
                "http://a_b:123456",
                "http://a@b@c"
            })
    void aUrlMayHaveNoAuthority(String url) {
        assertThat(Authority.of(URI.create(url))).isEmpty();
    }

    @Test
    void aUrlIsSentInAscii() {
        assertThat(Authority.inAscii(URI.create("https://u@B\u00fccher.example:8443/\u00e4?\u00f6#\u00fc")))
                .hasToString("https://u@xn--bcher-kva.example:8443/\u00e4?\u00f6#\u00fc");
        assertThat(Authority.inAscii(URI.create("https://Hooks.Example.com./A")))
                .hasToString("https://Hooks.Example.com./A");
        assertThat(Authority.inAscii(URI.create("https://stra\u00dfe.example/")))
                .hasToString("https://stra\u00dfe.example/");
        assertThat(Authority.inAscii(URI.create("/x"))).hasToString("/x");
    }
}
