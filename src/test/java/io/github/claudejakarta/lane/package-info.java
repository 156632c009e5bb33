/** The two lanes of the unit tests: {@code mvn test} runs the fast one, {@code mvn verify} both. */
package io.github.claudejakarta.lane;
