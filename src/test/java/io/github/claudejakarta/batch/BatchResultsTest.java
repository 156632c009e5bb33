package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import de.siegmar.fastcsv.reader.CsvReader;
import io.github.claudejakarta.claude.BatchResult;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchResultsTest {

    private static final String HEADER =
            "custom_id,type,text,stop_reason,input_tokens,output_tokens,error_type,error_message\r\n";

    private final List<String> happened = new ArrayList<>();

    @Test
    void areWrittenWithoutChange() throws Exception {
        String first = "{\"result\" : {\"type\":\"expired\",\"ä\":1e2},\"custom_id\":\"a\"}";

        assertThat(jsonLines(results(source("1", first, expired("b")), source("2", expired("c")))))
                .isEqualTo(first + "\n" + expired("b") + "\n" + expired("c") + "\n");
    }

    @Test
    void areEmptyWithoutRequests() throws Exception {
        assertThat(jsonLines(results())).isEmpty();
        assertThat(jsonLines(results(source("1"), source("2")))).isEmpty();
        assertThat(csv(results())).isEqualTo(HEADER);
    }

    @Test
    void canBeWrittenAsCsv() throws Exception {
        assertThat(csv(results(
                        source(
                                "1",
                                succeeded("a", "Hi"),
                                "{\"custom_id\":\"b\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}}}"),
                        source(
                                "2",
                                expired("c"),
                                "{\"custom_id\":\"d\",\"result\":{\"type\":\"canceled\"}}",
                                "{\"custom_id\":\"e\",\"result\":{\"type\":\"new\"}}"))))
                .isEqualTo(HEADER + """
                a,succeeded,Hi,end_turn,3,5,,
                b,errored,,,,,overloaded_error,Overloaded
                c,expired,,,,,,
                d,canceled,,,,,,
                e,new,,,,,,
                """.replace("\n", "\r\n"));
    }

    @Test
    void textsThatSpreadsheetsCouldMisreadAreQuoted() throws Exception {
        assertThat(csv(results(source("1", succeeded("a", "\\\"one\\\", two\\r\\nthree; ä😀")))))
                .isEqualTo(HEADER + "a,succeeded,\"\"\"one\"\", two\r\nthree; ä😀\",end_turn,3,5,,\r\n");
    }

    /** In JSON Lines, lone surrogates stay escapes; a spreadsheet cannot contain them. */
    @Test
    void aLoneSurrogateIsNotAQuestionMark() throws Exception {
        String line = succeeded("a", "x \\ud83d y \\ud83d\\ude00");

        assertThat(jsonLines(results(source("1", line)))).isEqualTo(line + "\n");
        assertThat(csv(results(source("1", line))))
                .isEqualTo(HEADER + "a,succeeded,x \ufffd y \ud83d\ude00,end_turn,3,5,,\r\n");
    }

    @Test
    void aSpreadsheetReadsTheWrittenValues() throws Exception {
        String csv = csv(results(source("1", succeeded("a", "x\\ny,\\\"z\\\""), succeeded("b", "\\n"))));

        try (var rows = CsvReader.builder().ofCsvRecord(csv)) {
            assertThat(rows.stream().skip(1).map(row -> row.getField(2))).containsExactly("x\ny,\"z\"", "\n");
        }
    }

    @Test
    void areStreamedOneAfterTheOther() {
        try (var stream =
                results(source("1", succeeded("a", "Hi"), expired("b")), source("2"), source("3", expired("c")))
                        .stream()) {
            assertThat(stream.map(BatchResult::customId)).containsExactly("a", "b", "c");
        }
    }

    @Test
    void onlyTheFirstSourceIsOpenedImmediately() throws Exception {
        var results = results(source("1", expired("a")), source("2", expired("b")), source("3"));
        assertThat(happened).containsExactly("opened 1");

        try (var stream = results.stream()) {
            stream.limit(1).forEach(result -> assertThat(happened).containsExactly("opened 1"));
        }

        assertThat(happened).containsExactly("opened 1", "closed 1");
    }

    @Test
    void aSourceIsClosedBeforeTheNextIsOpened() throws Exception {
        jsonLines(results(source("1", expired("a")), source("2", expired("b"))));

        assertThat(happened).containsExactly("opened 1", "closed 1", "opened 2", "closed 2");
    }

    @Test
    void theStreamClosesTheSourceItReads() {
        var stream = results(source("1", expired("a")), source("2", expired("b"), expired("c"))).stream();
        assertThat(stream.limit(2)).hasSize(2);

        stream.close();

        assertThat(happened).containsExactly("opened 1", "closed 1", "opened 2", "closed 2");
    }

    @Test
    void closedResultsHaveNoFurtherResult() throws Exception {
        var results = results(source("1", expired("a")), source("2", expired("b")));

        results.close();

        assertThat(jsonLines(results)).isEmpty();
        assertThat(happened).containsExactly("opened 1", "closed 1");
    }

    @Test
    void anErrorOfTheFirstSourceIsReportedImmediately() {
        assertThatThrownBy(() -> results(new Lines("1") {
                    @Override
                    public void open() {
                        throw ClaudeException.of(ErrorType.NOT_FOUND, "gone");
                    }
                }))
                .isInstanceOf(ClaudeException.class);
    }

    @Test
    void resultsThatBreakOffDoNotLookComplete() {
        assertThatThrownBy(() -> jsonLines(results(broken())))
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
        assertThatThrownBy(() -> csv(results(broken())))
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
        try (var stream = results(broken()).stream()) {
            assertThatThrownBy(stream::toList)
                    .isInstanceOfSatisfying(
                            ClaudeException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.BROKEN))
                    .hasRootCauseMessage("gone");
        }
    }

    @Test
    void aReaderGetsTheKindOfTheErrorThatBrokeTheResults() {
        var known = ClaudeException.ofAnswer(404, Map.of("request-id", "req_1"), "");

        assertThat(failure(new IOException("gone", known)))
                .returns(ErrorKind.REFUSED, ClaudeException::kind)
                .returns(Optional.of("req_1"), ClaudeException::requestId);
        assertThat(failure(new SocketTimeoutException("silence")))
                .returns(ErrorKind.TIMED_OUT, ClaudeException::kind)
                .returns("silence", ClaudeException::errorMessage);
        assertThat(failure(new IOException("i", new InterruptedException())).kind())
                .isEqualTo(ErrorKind.CANCELED);
    }

    private ClaudeException failure(IOException broken) {
        try (var stream = results(breaking(broken)).stream()) {
            return catchThrowableOfType(ClaudeException.class, stream::toList);
        }
    }

    @Test
    void aResultOfARequestThatDidNotReachClaudeHasItsKind() {
        ResultLines unsent =
                new Lines("unsent", "{\"custom_id\":\"a\",\"result\":{\"type\":\"errored\",\"error\":{}}}") {
                    @Override
                    public ErrorKind errorKind() {
                        return ErrorKind.INTERNAL;
                    }
                };

        try (var stream = results(unsent).stream()) {
            assertThat(stream.toList().get(0).outcome())
                    .isInstanceOfSatisfying(
                            BatchResult.Outcome.Errored.class,
                            errored -> assertThat(errored.error().kind()).isEqualTo(ErrorKind.INTERNAL));
        }
    }

    @Test
    void aLineThatIsNotAResultIsAnErrorWhenItIsRead() {
        assertThatThrownBy(() -> csv(results(source("1", "{\"custom_id\":"))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be read");
    }

    private static BatchResults results(ResultLines... sources) {
        return new BatchResults(List.of(sources));
    }

    private static String jsonLines(BatchResults results) throws IOException {
        var out = new ByteArrayOutputStream();
        results.writeJsonLines(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String csv(BatchResults results) throws IOException {
        var out = new ByteArrayOutputStream();
        results.writeCsv(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String expired(String id) {
        return "{\"custom_id\":\"" + id + "\",\"result\":{\"type\":\"expired\"}}";
    }

    private static String succeeded(String id, String text) {
        return "{\"custom_id\":\"" + id
                + "\",\"result\":{\"type\":\"succeeded\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\""
                + text + "\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,\"output_tokens\":5}}}}";
    }

    private ResultLines broken() {
        return breaking(new IOException("gone"));
    }

    private ResultLines breaking(IOException failure) {
        return new Lines("broken") {
            @Override
            public boolean next() throws IOException {
                throw failure;
            }
        };
    }

    private ResultLines source(String name, String... lines) {
        return new Lines(name, lines);
    }

    /** Results in a buffer with other bytes before and after them. */
    private class Lines implements ResultLines {

        private final String name;
        private final List<String> lines;
        private boolean isOpen;
        private int at = -1;

        Lines(String name, String... lines) {
            this.name = name;
            this.lines = List.of(lines);
        }

        @Override
        public void open() {
            isOpen = true;
            happened.add("opened " + name);
        }

        @Override
        public boolean next() throws IOException {
            if (!isOpen) {
                open();
            }
            return ++at < lines.size();
        }

        @Override
        public byte[] buffer() {
            return ("before" + lines.get(at) + "after").getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int start() {
            return "before".length();
        }

        @Override
        public int length() {
            return lines.get(at).getBytes(StandardCharsets.UTF_8).length;
        }

        @Override
        public void close() {
            happened.add("closed " + name);
        }
    }
}
