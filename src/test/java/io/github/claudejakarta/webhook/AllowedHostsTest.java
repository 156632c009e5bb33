package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {

    @ParameterizedTest
    @CsvSource({
        "erp,erp",
        "erp,ERP",
        "Erp.Example.COM,erp.example.com",
        "erp-1.example.com,erp-1.example.com",
        "10.1.2.3,10.1.2.3",
        "[::1],[::1]",
        "[::1],::1",
        "::1,[::1]",
        "[::1],[0:0:0:0:0:0:0:1]",
        "0::1,[::1]",
        "llm_gateway,LLM_GATEWAY",
        "example.com.,example.com",
        "example.com,example.com.",
        "b\u00fccher.example,xn--bcher-kva.example",
        "xn--bcher-kva.example,B\u00dcCHER.example",
        "[FD00::AB],[fd00::ab]",
        "[fd00::ab],FD00::AB",
        "x,x",
        "1host,1host"
    })
    void matchTheSameHosts(String allowed, String host) {
        assertThat(new AllowedHosts(List.of(allowed)).contain(host)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "example.com,www.example.com",
        "example.com,evilexample.com",
        "example.com,example.com.evil.org",
        "example.com,example.co",
        "example.com,xample.com",
        "erp,erp.example.com",
        "10.1.2.3,10.1.2.30",
        "10.1.2.3,110.1.2.3",
        "[::1],[::11]",
        "[::1],[1::1]",
        "[::1],1",
        "127.0.0.1,localhost",
        "a.c,abc"
    })
    void matchNoOtherHosts(String allowed, String host) {
        assertThat(new AllowedHosts(List.of(allowed)).contain(host)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "a.example.com,true",
        "a.b.example.com,true",
        "A.EXAMPLE.COM,true",
        "example.com,false",
        "evilexample.com,false",
        "a.evilexample.com,false",
        "a.example.com.evil.org,false",
        "a.example.com.,true",
        "example.com.evil.org,false",
        "a-example.com,false",
        "com,false"
    })
    void withAnAsteriskMatchAllNamesBelow(String host, boolean isAllowed) {
        assertThat(new AllowedHosts(List.of("*.Example.com")).contain(host)).isEqualTo(isAllowed);
    }

    @Test
    void mayHaveSeveralEntries() {
        var hosts = new AllowedHosts(List.of("erp", "*.corp", "[::1]"));

        assertThat(List.of("erp", "a.corp", "::1")).allMatch(hosts::contain);
        assertThat(hosts.contain("corp")).isFalse();
    }

    @Test
    void areEmptyByDefault() {
        assertThat(List.of("localhost", "127.0.0.1", "example.com", ""))
                .noneMatch(new AllowedHosts(List.of())::contain);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost:8080",
                "http://localhost",
                "localhost/",
                "a b",
                "*",
                "*.",
                "*example.com",
                "a.*.com",
                "example.*",
                "**.example.com",
                ".example.com",
                "-example.com",
                "[::1]:80",
                "[::1",
                "[]",
                "[localhost]",
                "[fe80::1%eth0]",
                "10.0.0.0/8",
                "user@host",
                "stra\u00dfe.example",
                "*.10.0.0.1",
                ""
            })
    void thatAreInvalidAreReportedWithTheirKey(String bad) {
        assertThatThrownBy(() -> new AllowedHosts(List.of("good", bad)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(
                        "claude.webhooks.allowed-hosts must be names or addresses of hosts, without a port")
                .hasMessageEndingWith(", not " + bad);
    }
}
