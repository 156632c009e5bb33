package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.runtime.MemoryReservation;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BatchCasesTest {

    @ParameterizedTest
    @MethodSource("io.github.claudejakarta.batch.BatchCases#all")
    void aFileIsAcceptedWholeOrRejectedWithItsLines(BatchCases.Case file) throws IOException {
        RequestReader reader = reader(file);
        List<String> problems = new ArrayList<>();
        int requests = 0;
        for (boolean hasMore = true; hasMore; ) {
            try {
                hasMore = reader.next().isPresent();
                requests += hasMore ? 1 : 0;
            } catch (RequestReader.BadRequest e) {
                problems.add(e.getMessage());
            } catch (RequestReader.Unreadable e) {
                problems.add(e.getMessage());
                hasMore = false;
            }
        }

        assertThat(problems.isEmpty() ? Integer.toString(requests) : BatchCases.verdict(String.join("; ", problems)))
                .isEqualTo(file.verdict());
    }

    private static RequestReader reader(BatchCases.Case file) {
        var in = new ByteArrayInputStream(file.content());
        if (file.isCsv()) {
            return new CsvRequestReader(
                    in,
                    StandardCharsets.UTF_8,
                    new CsvRequestReader.Defaults(Optional.of("m"), Optional.empty(), Optional.of("9")),
                    MemoryReservation.UNLIMITED);
        }
        return file.isJson()
                ? new JsonArrayReader(in, MemoryReservation.UNLIMITED)
                : new JsonLinesReader(in, MemoryReservation.UNLIMITED);
    }
}
