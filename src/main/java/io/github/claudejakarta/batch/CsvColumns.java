package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.Surrogates;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The columns of a spreadsheet, by the names in its first row. Blanks around a name are ignored. A column without a
 * name is accepted if it is blank in every row: Excel writes such columns where cells were formatted or emptied.
 */
final class CsvColumns {

    private static final List<String> REQUIRED = List.of("custom_id", "prompt");
    private static final List<String> NAMES = List.of("custom_id", "prompt", "model", "system", "max_tokens");
    private static final int LETTERS = 26;
    /** The maximum number of characters of unknown names in an error. */
    private static final int MAX_SHOWN = 120;

    private final long line;
    private final int count;
    private final Map<String, Integer> places = new HashMap<>();

    /**
     * Reads the row of names.
     *
     * @throws RequestReader.Unreadable if a name is unknown or occurs twice, or a required one is missing
     */
    CsvColumns(long line, List<String> header) {
        this.line = line;
        this.count = header.size();
        Set<String> unknown = new TreeSet<>();
        for (int place = 0; place < count; place++) {
            String name = withoutBlanksAround(header.get(place));
            if (name.isEmpty()) {
                continue;
            }
            if (!NAMES.contains(name)) {
                unknown.add(name);
            }
            Integer earlier = places.putIfAbsent(name, place);
            if (earlier != null) {
                throw unreadable(named(earlier) + " and " + named(place) + " have the same name, " + name
                        + ". Rename or delete one of them");
            }
        }
        if (!unknown.isEmpty() || !places.keySet().containsAll(REQUIRED)) {
            throw unreadable("the columns are custom_id and prompt, and optionally model, system and max_tokens"
                    + (unknown.isEmpty()
                            ? ""
                            : "; not " + shortened(String.join(", ", unknown))
                                    + ". Rename or delete the other columns"));
        }
    }

    private static String shortened(String text) {
        return text.length() <= MAX_SHOWN ? text : Surrogates.beginning(text, MAX_SHOWN) + "...";
    }

    private RequestReader.Unreadable unreadable(String message) {
        return new RequestReader.Unreadable("line " + line + ": " + message, null);
    }

    private static boolean isBlank(String text) {
        return text.chars().allMatch(CsvColumns::isBlank);
    }

    /**
     * Returns whether a character is a space of any kind (also a no-break space), a tab or a line end. The console's
     * {@code batch-file.js} has the same list.
     */
    private static boolean isBlank(int c) {
        return c >= '\t' && c <= '\r' || Character.getType(c) == Character.SPACE_SEPARATOR;
    }

    static String withoutBlanksAround(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    /** Returns the content of a row's field, exactly as it is. Empty if the field has no content. */
    Optional<String> field(List<String> row, String name) {
        return Optional.ofNullable(places.get(name)).map(row::get).filter(value -> !value.isEmpty());
    }

    /** Returns whether a row has no content. Spreadsheets write such rows below the last one. */
    boolean isEmpty(List<String> row) {
        for (int place = 0; place < row.size(); place++) {
            if (!(isNamed(place) ? row.get(place).isEmpty() : isBlank(row.get(place)))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Checks that a row has a field for each name, and no content elsewhere.
     *
     * @throws IllegalArgumentException if not; the message names the column and not the row
     */
    void requireShape(List<String> row) {
        String sizes =
                "has " + row.size() + (row.size() == 1 ? " field" : " fields") + ", and line " + line + " has " + count;
        if (places.values().stream().anyMatch(place -> place >= row.size())) {
            throw new IllegalArgumentException(sizes);
        }
        for (int place = 0; place < row.size(); place++) {
            if (!isNamed(place) && !isBlank(row.get(place))) {
                throw new IllegalArgumentException((row.size() > count ? sizes + "; " : "") + named(place)
                        + " has content, but no name in line " + line
                        + ". Name the column, or put quotation marks directly around text that contains the separator");
            }
        }
    }

    private boolean isNamed(int place) {
        return places.containsValue(place);
    }

    /** Returns the number and the letter of a column: {@code column 3 (C)}. */
    private static String named(int place) {
        var letters = new StringBuilder();
        for (int rest = place; rest >= 0; rest = rest / LETTERS - 1) {
            letters.insert(0, (char) ('A' + rest % LETTERS));
        }
        return "column " + (place + 1) + " (" + letters + ")";
    }
}
