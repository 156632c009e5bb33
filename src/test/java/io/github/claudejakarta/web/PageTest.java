package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import jakarta.json.Json;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageTest {

    private static final List<String> ALL = List.of("e", "d", "c", "b", "a");

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "5,-,-,edcba,false",
                "20,-,-,edcba,false",
                "-,-,-,edcba,false",
                "2,-,-,ed,true",
                "2,d,-,cb,true",
                "2,c,-,ba,false",
                "2,b,-,a,false",
                "2,a,-,'',false",
                "2,-,c,ed,false",
                "2,-,a,cb,true",
                "2,-,d,e,false",
                "2,-,e,'',false",
                "1,-,c,d,true",
                "1000,a,-,'',false"
            })
    void isAPartOfTheList(String limit, String after, String before, String items, boolean hasMore) {
        var page = Page.of(ALL, Function.identity(), PageRequest.of(limit, after, before));

        assertThat(String.join("", page.items())).isEqualTo(items);
        assertThat(page.hasMore()).isEqualTo(hasMore);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "0,-,-,limit",
                "-1,-,-,limit",
                "1001,-,-,limit",
                "99999999999,-,-,limit",
                "abc,-,-,limit",
                "'',-,-,limit",
                "1.5,-,-,limit",
                "1,x,-,after_id",
                "1,-,x,before_id",
                "1,a,b,after_id"
            })
    void invalidParametersAreRejected(String limit, String after, String before, String parameter) {
        var refusal = catchThrowableOfType(
                ClaudeException.class, () -> Page.of(ALL, Function.identity(), PageRequest.of(limit, after, before)));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage()).startsWith(parameter);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,-", "a,-", "-,b", "'',-"})
    void mayBeginAtOneId(String after, String before) {
        assertThatCode(() -> PageRequest.of(null, after, before)).doesNotThrowAnyException();
    }

    @Test
    void cannotBeginAtTwo() {
        var refusal = catchThrowableOfType(ClaudeException.class, () -> PageRequest.of(null, "a", "b"));

        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.errorMessage()).isEqualTo("after_id and before_id cannot be combined. Send one of them.");
    }

    @Test
    void hasAnthropicsShape() {
        var page = Page.of(ALL, Function.identity(), PageRequest.first(2));

        assertThat(page.json(
                        Function.identity(),
                        item -> Json.createObjectBuilder().add("id", item).build()))
                .hasToString(
                        "{\"data\":[{\"id\":\"e\"},{\"id\":\"d\"}],\"has_more\":true,\"first_id\":\"e\",\"last_id\":\"d\"}");
    }

    @Test
    void anEmptyPageHasNoIds() {
        assertThat(Page.of(List.<String>of(), Function.identity(), PageRequest.first(2))
                        .json(Function.identity(), item -> null))
                .hasToString("{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
    }
}
