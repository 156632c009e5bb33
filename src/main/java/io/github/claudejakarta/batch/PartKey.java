package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.TaskKey;

/**
 * The key of a part within the database.
 *
 * @param batch the ordinal of its batch
 */
record PartKey(long batch, int number) {

    static PartKey of(TaskKey task) {
        return new PartKey(Long.parseLong(task.id()), task.number());
    }

    /** Returns the key of the task that follows the part. */
    TaskKey task() {
        return new TaskKey(Long.toString(batch), number);
    }
}
