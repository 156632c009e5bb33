package io.github.claudejakarta.durable;

/**
 * What a task is about.
 *
 * @param id of the thing
 * @param number which of the thing's tasks it is: the number of a part, or how often the thing was begun anew, so that
 *     a task of before, which may still be under way, is another one
 */
public record TaskKey(String id, int number) {

    static TaskKey parse(String instance) {
        int slash = instance.lastIndexOf('/');
        return new TaskKey(instance.substring(0, slash), Integer.parseInt(instance.substring(slash + 1)));
    }

    /** As db-scheduler's table has it. */
    @Override
    public String toString() {
        return id + "/" + number;
    }
}
