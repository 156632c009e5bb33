package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rows of CSV texts. The reader of the console is tested with the same cases. Each row is {@code [line, cell,
 * ...]}, or {@code [line, null]} for a row that is rejected.
 */
class CsvRowsTest {

    private static final Pattern LINE = Pattern.compile("line (\\d+): .*");

    record Case(String name, String csv, JsonArray rows) {

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        try (var reader = Json.createReader(CsvRowsTest.class.getResourceAsStream("/cases/csv-rows.json"))) {
            return reader.readArray().getValuesAs(JsonObject.class).stream()
                    .map(one -> new Case(one.getString("name"), one.getString("csv"), one.getJsonArray("rows")));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void readsTheExpectedRows(Case one) throws IOException {
        assertThat(rows(new StringReader(one.csv))).isEqualTo(one.rows);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hasTheSameRowsIfTheTextArrivesInPieces(Case one) throws IOException {
        for (int length : List.of(1, 2, 3)) {
            assertThat(rows(inPieces(one.csv, length)))
                    .as("pieces of " + length)
                    .isEqualTo(one.rows);
        }
    }

    private static JsonArray rows(Reader text) throws IOException {
        var rows = new CsvRows(text);
        var found = Json.createArrayBuilder();
        for (boolean hasMore = true; hasMore; ) {
            try {
                hasMore = rows.next();
                if (hasMore) {
                    var row = Json.createArrayBuilder().add(rows.rowLine());
                    rows.fields().forEach(row::add);
                    found.add(row);
                }
            } catch (RequestReader.BadRequest e) {
                found.add(refused(e));
            } catch (RequestReader.Unreadable e) {
                found.add(refused(e));
                hasMore = false;
            }
        }
        return found.build();
    }

    private static JsonArray refused(Exception e) {
        var message = LINE.matcher(e.getMessage());
        assertThat(message.matches()).as(e.getMessage()).isTrue();
        return Json.createArrayBuilder()
                .add(Long.parseLong(message.group(1)))
                .add(JsonValue.NULL)
                .build();
    }

    private static Reader inPieces(String text, int length) {
        return new FilterReader(new StringReader(text)) {
            @Override
            public int read(char[] into, int from, int most) throws IOException {
                return super.read(into, from, Math.min(most, length));
            }
        };
    }
}
