package io.github.claudejakarta.durable;

/**
 * Identifies the subject of a task.
 *
 * @param id of the subject, such as a job or a batch
 * @param number distinguishes the tasks of one subject: the number of a part, or how often the subject was restarted. A
 *     restarted subject gets a new number, because its earlier task may still run
 */
public record TaskKey(String id, int number) {

    static TaskKey parse(String instance) {
        int slash = instance.lastIndexOf('/');
        return new TaskKey(instance.substring(0, slash), Integer.parseInt(instance.substring(slash + 1)));
    }

    /** Returns the key as db-scheduler's table stores it. */
    @Override
    public String toString() {
        return id + "/" + number;
    }
}
