package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.CountedReservation;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.json.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvRequestReaderTest {

    private static final CsvRequestReader.Defaults NONE =
            new CsvRequestReader.Defaults(Optional.empty(), Optional.empty(), Optional.empty());
    private static final CsvRequestReader.Defaults QUERY =
            new CsvRequestReader.Defaults(Optional.of("m"), Optional.empty(), Optional.of("1"));

    @Test
    void aRowIsARequest() throws Exception {
        assertThat(texts("custom_id,prompt,model,system,max_tokens\na,Hello,m,Be brief.,5\n", NONE))
                .containsExactly("""
            {"custom_id":"a","params":{"model":"m","max_tokens":5,"system":"Be brief.","messages":[{"role":"user","content":"Hello"}]}}""");
    }

    @Test
    void emptyRowsAreSkipped() throws Exception {
        assertThat(prompts("custom_id,prompt,model,max_tokens\na,Hello,m,5\n,,,\nb,Hi,m,5\n,,,\n"))
                .containsExactly("Hello", "Hi");
    }

    @Test
    void columnsMayHaveAnyOrder() throws Exception {
        assertThat(prompts("max_tokens,prompt,custom_id,model\n5,Hello,a,m")).containsExactly("Hello");
    }

    @Test
    void theQueryReplacesMissingColumns() throws Exception {
        var all = new CsvRequestReader.Defaults(Optional.of("m"), Optional.of("s"), Optional.of("7"));

        assertThat(texts("custom_id,prompt\na,Hello", all)).containsExactly("""
            {"custom_id":"a","params":{"model":"m","max_tokens":7,"system":"s","messages":[{"role":"user","content":"Hello"}]}}""");
    }

    @Test
    void aFieldOverridesTheQueryUnlessItIsEmpty() throws Exception {
        var all = new CsvRequestReader.Defaults(Optional.of("m"), Optional.of("s"), Optional.of("7"));

        assertThat(texts("custom_id,prompt,model,system,max_tokens\na,p,m2,s2,8\nb,p,,,\n", all))
                .containsExactly("""
            {"custom_id":"a","params":{"model":"m2","max_tokens":8,"system":"s2","messages":[{"role":"user","content":"p"}]}}""", """
            {"custom_id":"b","params":{"model":"m","max_tokens":7,"system":"s","messages":[{"role":"user","content":"p"}]}}""");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"Hello\"|Hello",
                "\"a \"\"b\"\" c\"|a \"b\" c",
                "\"a,b\"|a,b",
                "\"a;b\"|a;b",
                "a;b|a;b",
                "\" a \"|~ a ~",
                "ä€😀|ä€😀",
                "\"\"\"\"|\"",
                "it's|it's"
            })
    void quotationMarksProtectSeparators(String field, String prompt) throws Exception {
        assertThat(prompts("custom_id,prompt\na," + field + "\n")).containsExactly(prompt);
    }

    @Test
    void aFieldMayHaveLineEnds() throws Exception {
        assertThat(prompts("custom_id,prompt\r\na,\"one\r\ntwo\n\nfour\"\r\nb,x\r\n"))
                .containsExactly("one\r\ntwo\n\nfour", "x");
    }

    @Test
    void rowsAreNamedByTheirFirstLine() throws Exception {
        var reader = reader("custom_id,prompt\na,\"1\n2\n3\"\n\nb,x\nc d,\"1\n2\"\ne,x", QUERY);

        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 2");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 6");
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith("line 7: custom_id: ");
        assertThat(reader.next().orElseThrow().where()).isEqualTo("line 9");
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void linesMayHaveTheLineEndsOfAnySystem(String end) throws Exception {
        assertThat(prompts("custom_id;prompt" + end + "a;b,c" + end + "b;d" + end))
                .containsExactly("b,c", "d");
    }

    @Test
    void aByteOrderMarkIsSkipped() throws Exception {
        assertThat(prompts("\uFEFFcustom_id,prompt\na,x")).containsExactly("x");
    }

    @Test
    void semicolonsSeparateIfTheFirstLineHasThem() throws Exception {
        assertThat(prompts("\uFEFF\"custom_id\";\"prompt\"\r\na;1,5 or \"2\"\r\nb;\"x;y\"\r\n"))
                .containsExactly("1,5 or \"2\"", "x;y");
    }

    @Test
    void theFirstLineIsCheckedToo() {
        byte[] body = "custom_id;prompt;größe".getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(
                        new CsvRequestReader(
                                new ByteArrayInputStream(body),
                                StandardCharsets.UTF_8,
                                QUERY,
                                MemoryReservation.UNLIMITED)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("line 1: not text in UTF-8. ");
    }

    @Test
    void otherCharacterSetsAreRead() throws Exception {
        var windows = Charset.forName("windows-1252");
        var reader = new CsvRequestReader(
                new ByteArrayInputStream("custom_id;prompt\na;ä€ß".getBytes(windows)),
                windows,
                QUERY,
                MemoryReservation.UNLIMITED);

        assertThat(prompt(reader.next().orElseThrow())).isEqualTo("ä€ß");
    }

    @Test
    void bytesOutsideTheCharacterSetAreRejectedAndNotReplaced() throws Exception {
        byte[] body = "custom_id;prompt\na;x\nb;ä".getBytes(StandardCharsets.ISO_8859_1);

        assertThatThrownBy(() -> all(new CsvRequestReader(
                        new ByteArrayInputStream(body), StandardCharsets.UTF_8, QUERY, MemoryReservation.UNLIMITED)))
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("line 3: not text in UTF-8. ")
                .hasMessageContaining("charset=windows-1252");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8_190, 8_191, 8_192, 8_193, 20_000})
    void bytesOutsideTheCharacterSetAreReportedWithTheirLine(int length) {
        String before = "custom_id,prompt\r\na," + "x".repeat(length) + "\r\nb,\"1\r\n2";

        for (byte[] fault : List.of(new byte[] {(byte) 0xE4, 'x'}, new byte[] {(byte) 0xF0, (byte) 0x9F})) {
            var body = new SequenceInputStream(in(before), new ByteArrayInputStream(fault));
            assertThatThrownBy(() ->
                            all(new CsvRequestReader(body, StandardCharsets.UTF_8, QUERY, MemoryReservation.UNLIMITED)))
                    .isInstanceOf(RequestReader.Unreadable.class)
                    .hasMessageStartingWith("line 4: not text in UTF-8. ");
        }
    }

    /** The invalid bytes may be read ahead, to see whether a line ends in CR LF. */
    @Test
    void aRowBeforeBytesThatAreNotTextIsRead() throws Exception {
        var body = new SequenceInputStream(
                in("custom_id,prompt\ra,x\r"), new ByteArrayInputStream(new byte[] {(byte) 0xE4}));
        var reader = new CsvRequestReader(body, StandardCharsets.UTF_8, QUERY, MemoryReservation.UNLIMITED);

        assertThat(reader.next().map(SubmittedRequest::where)).contains("line 2");
        assertThatThrownBy(reader::next).hasMessageStartingWith("line 3: not text in UTF-8. ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "custom_id,prompt,colour,age|not age, colour",
                "custom_id,Prompt|not Prompt",
                "custom_id,text|not text",
                "custom_id;prompt;x|not x",
                "custom_id\tprompt|not custom_id\tprompt",
                "# comment|not # comment",
                "custom_id, pro mpt|not pro mpt"
            })
    void unknownColumnsAreNamed(String header, String message) {
        assertThatThrownBy(reader(header + "\na,b,c,d", QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("line 1: the columns are ")
                .hasMessageContaining(message);
    }

    @Test
    void aLongUnknownNameIsNotCutInsideACharacter() {
        assertThatThrownBy(reader("custom_id,prompt," + "x".repeat(119) + "\ud83d\ude00\na,b,c", QUERY)::next)
                .hasMessageEndingWith("; not " + "x".repeat(119) + ".... Rename or delete the other columns");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt", "custom_id", "prompt,model", "custom_id,model"})
    void missingColumnsAreNamed(String header) {
        assertThatThrownBy(reader(header + "\na,b", QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage(
                        "line 1: the columns are custom_id and prompt, and optionally model, system and max_tokens");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "custom_id,prompt,prompt|column 2 (B) and column 3 (C) have the same name, prompt.",
                "custom_id, custom_id ,prompt|column 1 (A) and column 2 (B)"
            })
    void aRepeatedColumnIsRejected(String header, String message) {
        assertThatThrownBy(reader(header + "\na,b,c", QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("line 1: " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"custom_id, prompt", " custom_id\t,\u00a0prompt\u2007", "\" custom_id\",\"prompt\r\n\""})
    void blanksAroundTheNameOfAColumnAreIgnored(String header) throws Exception {
        assertThat(prompts(header + "\r\na, Hello \r\n")).containsExactly(" Hello ");
    }

    @Test
    void blanksAroundAModelOrANumberAreIgnored() throws Exception {
        assertThat(texts("custom_id, prompt, model, max_tokens\na, Hello, m\u00a0, 5\nb,Hi, ,\u00a0\n", QUERY))
                .containsExactly("""
            {"custom_id":"a","params":{"model":"m","max_tokens":5,"messages":[{"role":"user","content":" Hello"}]}}""", """
            {"custom_id":"b","params":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"Hi"}]}}""");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "custom_id,prompt,\na,Hello,\nb,Hi,\n",
                "custom_id,prompt,,,\na,Hello,,,\n,,,,\nb,Hi,,,\n",
                "custom_id,prompt,,\na,Hello\nb,Hi,\n",
                "custom_id,prompt\na,Hello,\nb,Hi,,\n",
                ",custom_id,,prompt\n,a,,Hello\n,b,,Hi",
                "custom_id,prompt, ,\u00a0\na,Hello,\t,\u00a0\nb,Hi,\"\r\n\", \n,, ,\n"
            })
    void columnsWithoutNameAndContentAreSkipped(String body) throws Exception {
        assertThat(prompts(body)).containsExactly("Hello", "Hi");
        assertThat(prompts(body.replace(',', ';'))).containsExactly("Hello", "Hi");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "custom_id,prompt,|a,b,c|column 3 (C) has content, but no name in line 1. ",
                "custom_id,,prompt|a,x,c|column 2 (B) has content, but no name in line 1. ",
                ",custom_id,prompt|.,b,c|column 1 (A) has content, but no name in line 1. ",
                "custom_id,prompt,,,|a,b,,,0|column 5 (E) has content, ",
                "custom_id,prompt|a,b,c|has 3 fields, and line 1 has 2; column 3 (C) has content, but no name in line 1. ",
                "custom_id,prompt,|a,b,,c|has 4 fields, and line 1 has 3; column 4 (D) has content, "
            })
    void contentWithoutANameIsRejectedWithItsColumn(String header, String row, String message) {
        assertThatThrownBy(reader(header + "\n" + row, QUERY)::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith("line 2: " + message);
    }

    @ParameterizedTest
    @CsvSource({"26, 27 (AA)", "27, 28 (AB)", "701, 702 (ZZ)", "702, 703 (AAA)"})
    void columnsHaveTheLettersOfSpreadsheets(int place, String name) {
        String row = ",".repeat(place - 1);

        assertThatThrownBy(reader("custom_id,prompt" + row + "\na,b" + row + "x", QUERY)::next)
                .hasMessageContaining("column " + name + " has content");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "custom_id,prompt|a|has 1 field, and line 1 has 2",
                "custom_id,prompt,system|a,b|has 2 fields, and line 1 has 3"
            })
    void aRowHasAFieldForEachName(String header, String row, String message) {
        assertThatThrownBy(reader(header + "\n" + row, QUERY)::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("line 2: " + message);
    }

    @Test
    void continuesAfterARowOfAnotherShape() throws Exception {
        var reader = reader("custom_id,prompt\na,b,c\nd,e\nf\ng,h\ni,\"j\"k\nl,m\n", QUERY);

        assertThatThrownBy(reader::next).hasMessageStartingWith("line 2: has 3 fields, and line 1 has 2; ");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("d");
        assertThatThrownBy(reader::next).hasMessage("line 4: has 1 field, and line 1 has 2");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("g");
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith("line 6: a field begins with a quotation mark here, and text ");
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("l");
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a,\"Hello~b,Hi~c,Ho~|2",
                "a,\"Hello|2",
                "a,x~b,\"|3",
                "a,\"1~2\",\"open~b,x|3",
                "a,\"1~2\"~b,\"3~4~5|4",
                "a,\"x\"\"~b,x|2",
                "\"a,x~b,x|2",
                "a,\"\"\"|2"
            })
    void anOpenQuotationMarkIsRejectedWithItsLine(String rows, int line) {
        for (String end : List.of("\n", "\r\n", "\r")) {
            assertThatThrownBy(() -> all(reader("custom_id,prompt~".concat(rows).replace("~", end), QUERY)))
                    .isInstanceOf(RequestReader.Unreadable.class)
                    .hasMessageStartingWith(
                            "line " + line + ": a field begins with a quotation mark here that is never closed");
        }
    }

    /**
     * A field with an open quotation mark mostly swallows rows up to the next quotation mark, which then does not end
     * the field.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a,\"Hello\" world|2",
                "a,\"Hello~b,\"Hi\"~c,Ho|2",
                "a,\"Hello~b,Hi~c,\"Ho, there\"~d,x|2",
                "a,x~b,\"y~c,He said \"hi\" to me~d,x|3",
                "\"a\" ,x|2",
                "a,\"1\"2\"3\"|2"
            })
    void textAfterAQuotedFieldIsRejectedWithTheLineOfTheField(String rows, int line) {
        assertThatThrownBy(() -> all(reader("custom_id,prompt~".concat(rows).replace('~', '\n'), QUERY)))
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessageStartingWith(
                        "line " + line + ": a field begins with a quotation mark here, and text follows");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"custom_id\"x,prompt\na,b", "custom_id,\"prompt\na,b"})
    void quotationMarksInTheFirstLineAreCheckedToo(String body) {
        assertThatThrownBy(reader(body, QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageStartingWith("line 1: a field begins");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sep=;", "SEP=;", "\"sep=;\"", "sep=;;;", "\uFEFFsep=;"})
    void theFirstLineMayNameTheSeparator(String first) throws Exception {
        for (char separator : List.of(',', ';', '\t', '|')) {
            var body = (first + "\r\ncustom_id;prompt;\r\na;b\"c;\r\nd;\"e;f\";\r\n").replace(';', separator);
            var reader = reader(body, QUERY);

            assertThat(reader.next().map(SubmittedRequest::where)).as(body).contains("line 3");
            assertThat(prompts(body)).containsExactly("b\"c", "e" + separator + "f");
        }
        assertThat(prompts("sep=,\ncustom_id,prompt\na,b;c")).containsExactly("b;c");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"sep=|1", "sep=x|1", "sep=:|1", "~~sep=\"|3"})
    void anUnsupportedSeparatorIsRejected(String first, int line) {
        assertThatThrownBy(reader(first.replace('~', '\n') + "\ncustom_id,prompt\na,b", QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessageMatching("line " + line + ": sep=.? does not name a separator that is supported. .*");
    }

    @Test
    void theColumnsMayFollowBlankLines() throws Exception {
        assertThat(prompts("\r\n\r\ncustom_id;prompt\r\na;x,y\r\n")).containsExactly("x,y");
        assertThat(prompts(",,\ncustom_id,prompt,\na,x,\n")).containsExactly("x");
        assertThatThrownBy(reader("\n\ncustom_id,text\na,x", QUERY)::next)
                .hasMessageStartingWith("line 3: the columns are ");
        assertThatThrownBy(reader("\n\ncustom_id,prompt\na", QUERY)::next)
                .hasMessage("line 4: has 1 field, and line 3 has 2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "custom_id,prompt,max_tokens|a,x,1|model: Field required, as a column or as ?model=",
                "custom_id,prompt,model|a,x,m|max_tokens: Field required, as a column or as ?max_tokens=",
                "custom_id,prompt,model,max_tokens|a,x,m,''|max_tokens: Input should be a valid integer",
                "custom_id,prompt,model,max_tokens|a,x,m,|max_tokens: Field required, as a column or as ?max_tokens=",
                "custom_id,prompt,model,max_tokens|a,x,m,many|max_tokens: Input should be a valid integer",
                "custom_id,prompt,model,max_tokens|a,x,m,1.5|max_tokens: Input should be a valid integer",
                "custom_id,prompt,model,max_tokens|a,x,m,-1|max_tokens: Input should be a valid integer",
                "custom_id,prompt,model,max_tokens|a,x,m,9999999999|max_tokens: Input should be a valid integer",
                "custom_id,prompt,model,max_tokens|a,x,m,0|params.max_tokens: Input should be greater than 0 in a batch",
                "custom_id,prompt,model,max_tokens|a,,m,1|prompt: Field required",
                "custom_id,prompt,model,max_tokens|,x,m,1|custom_id: Field required",
                "custom_id,prompt,model,max_tokens|a b,x,m,1|custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'",
            })
    void theProblemOfARowIsReported(String header, String row, String message) {
        assertThatThrownBy(reader(header + "\n" + row, NONE)::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("line 2: " + message);
    }

    @Test
    void anInvalidDefaultIsReportedToo() {
        var bad = new CsvRequestReader.Defaults(Optional.of("m"), Optional.empty(), Optional.of("many"));

        assertThatThrownBy(reader("custom_id,prompt\na,x", bad)::next)
                .isInstanceOf(RequestReader.BadRequest.class)
                .hasMessage("line 2: max_tokens: Input should be a valid integer");
    }

    @Test
    void continuesAfterAnInvalidRow() throws Exception {
        var reader = reader("custom_id,prompt\na,\nb,x\n,z\nc,y\n", QUERY);

        assertThatThrownBy(reader::next).isInstanceOf(RequestReader.BadRequest.class);
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("b");
        assertThatThrownBy(reader::next).isInstanceOf(RequestReader.BadRequest.class);
        assertThat(reader.next().orElseThrow().customId()).isEqualTo("c");
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "\uFEFF", "\n", "custom_id,prompt", "custom_id,prompt\n", "\uFEFFcustom_id,prompt\r\n\r\n"})
    void aFileWithoutRowsHasNoRequests(String body) throws Exception {
        var reader = reader(body, QUERY);

        assertThat(reader.next()).isEmpty();
        assertThat(reader.next()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\uFEFF"})
    void anEndlessFirstLineIsNotAServerError(String mark) {
        assertThatThrownBy(reader(mark + "x".repeat(100_000) + "\na", QUERY)::next)
                .isInstanceOf(RequestReader.Unreadable.class);
    }

    @Slow("large bodies")
    @Test
    void aFieldThatWouldFillTheMemoryStopsTheReader() throws Exception {
        var endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                java.util.Arrays.fill(buffer, offset, offset + length, (byte) 'x');
                return length;
            }
        };
        var reader = new CsvRequestReader(
                new SequenceInputStream(in("custom_id,prompt\na,x\nb,\""), endless),
                StandardCharsets.UTF_8,
                QUERY,
                MemoryReservation.UNLIMITED);

        assertThat(reader.next()).isPresent();
        assertThatThrownBy(reader::next)
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage(
                        "line 3: a field begins with a quotation mark here that is not closed within 8388608 characters, the limit for a row. Close it");
    }

    @Slow("large bodies")
    @Test
    void aRowThatIsTooLongIsRejectedAsTooLarge() throws Exception {
        var reader = reader(
                "custom_id,prompt\na,x\nb," + "x".repeat((8 << 20) - 2) + "\nc," + "x".repeat((8 << 20) - 1), QUERY);

        assertThat(reader.next()).isPresent();
        assertThat(prompt(reader.next().orElseThrow())).hasSize((8 << 20) - 2);
        var refusal = catchThrowableOfType(ClaudeException.class, reader::next);
        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(refusal.errorMessage()).isEqualTo("line 4: the row is longer than 8388608 characters");
    }

    /** An empty field needs one character in the file, and many times that in memory. */
    @Test
    void aRowHasAtMostAsManyFieldsAsASpreadsheetHasColumns() throws Exception {
        String header = "custom_id,prompt" + ",".repeat(16_382) + "\n";

        assertThat(prompts(header + "a,x")).containsExactly("x");
        assertThatThrownBy(() -> all(reader(header + "a,x\nb,x" + ",".repeat(16_383), QUERY)))
                .isInstanceOf(RequestReader.Unreadable.class)
                .hasMessage("line 3: the row has more than 16384 fields");
    }

    /** In addition to the row that is being read. Twice, because the driver makes a copy. */
    @Test
    void requestsThatAreNotStoredYetCount() throws Exception {
        var reservation = new CountedReservation(0);
        var reader = new CsvRequestReader(in("custom_id,prompt\na,x\nb,y"), StandardCharsets.UTF_8, QUERY, reservation);
        reader.next();
        long before = reservation.taken();

        reader.setPendingBytes(5_000);
        reader.next();
        assertThat(reservation.taken()).isEqualTo(before + 10_000);
        reader.setPendingBytes(0);
        assertThat(reservation.taken()).isEqualTo(before);
    }

    @Test
    void aCallerThatBreaksOffIsNotAnInvalidBody() throws Exception {
        var broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };
        var reader = new CsvRequestReader(
                new SequenceInputStream(in("custom_id,prompt\na,x\nb,"), broken),
                StandardCharsets.UTF_8,
                QUERY,
                MemoryReservation.UNLIMITED);

        assertThatThrownBy(() -> all(reader)).isInstanceOf(IOException.class).hasMessage("gone");
    }

    private static List<SubmittedRequest> all(CsvRequestReader reader) throws IOException {
        var all = new ArrayList<SubmittedRequest>();
        for (var next = reader.next(); next.isPresent(); next = reader.next()) {
            all.add(next.get());
        }
        return all;
    }

    private static List<String> texts(String body, CsvRequestReader.Defaults defaults) throws IOException {
        return all(reader(body, defaults)).stream()
                .map(request -> new String(request.json(), StandardCharsets.UTF_8))
                .toList();
    }

    private static List<String> prompts(String body) throws IOException {
        return all(reader(body, QUERY)).stream()
                .map(CsvRequestReaderTest::prompt)
                .toList();
    }

    private static String prompt(SubmittedRequest request) {
        try (var json = Json.createReader(new ByteArrayInputStream(request.json()))) {
            return json.readObject()
                    .getJsonObject("params")
                    .getJsonArray("messages")
                    .getJsonObject(0)
                    .getString("content");
        }
    }

    private static CsvRequestReader reader(String body, CsvRequestReader.Defaults defaults) {
        return new CsvRequestReader(in(body), StandardCharsets.UTF_8, defaults, MemoryReservation.UNLIMITED);
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
