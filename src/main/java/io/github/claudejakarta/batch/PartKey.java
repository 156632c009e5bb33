package io.github.claudejakarta.batch;

/** Which part a task is about. */
record PartKey(long batch, int number) {

    /** As the instance of a task. */
    static String of(long batch, int number) {
        return batch + "/" + number;
    }

    static PartKey parse(String instance) {
        String[] halves = instance.split("/", 2);
        return new PartKey(Long.parseLong(halves[0]), Integer.parseInt(halves[1]));
    }

    @Override
    public String toString() {
        return of(batch, number);
    }
}
