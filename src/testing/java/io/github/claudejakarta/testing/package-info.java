/**
 * Support for tests of applications: the beans without a container, and a simulator instead of Claude. These classes
 * are in a separate artifact (classifier {@code test}), and neither in the WAR nor in the classes jar.
 *
 * <p>{@link io.github.claudejakarta.testing.ClaudeSimulator} is the annotation for tests with JUnit 5.
 * {@code docs/application.md} has complete examples.
 *
 * <p>The code uses this module, the JDK, and the APIs of Jakarta EE, MicroProfile and JUnit 5 only: it also runs with a
 * classes jar whose libraries are relocated. {@code ClaudeAssertions} alone needs AssertJ.
 */
package io.github.claudejakarta.testing;
