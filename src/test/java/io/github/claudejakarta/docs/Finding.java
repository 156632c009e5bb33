package io.github.claudejakarta.docs;

import java.nio.file.Path;

/**
 * A place in a file that breaks a rule.
 *
 * @param file relative to the project's directory
 * @param line its number, from 1
 * @param rule a short name, the same for all findings of the rule
 * @param text the words at this place
 * @param advice what to do
 */
record Finding(Path file, int line, String rule, String text, String advice) {

    @Override
    public String toString() {
        return file + ":" + line + ": \"" + text + "\": " + advice;
    }
}
