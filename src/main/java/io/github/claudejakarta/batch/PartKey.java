package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.TaskKey;

/**
 * A part, within the database.
 *
 * @param batch its ordinal
 */
record PartKey(long batch, int number) {

    static PartKey of(TaskKey task) {
        return new PartKey(Long.parseLong(task.id()), task.number());
    }

    /** Of the task that drives it. */
    TaskKey task() {
        return new TaskKey(Long.toString(batch), number);
    }
}
