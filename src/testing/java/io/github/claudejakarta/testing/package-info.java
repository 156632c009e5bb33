/**
 * For the tests of applications: the beans outside a container, and a simulator in the place of Claude. The classes are
 * in an artifact of their own (classifier {@code test}); neither the WAR nor the classes jar has them.
 *
 * <p>{@link io.github.claudejakarta.testing.ClaudeSimulator} is the way in for JUnit 5. {@code docs/application.md} has
 * complete examples.
 *
 * <p>The code uses this module, the JDK, the APIs of Jakarta EE, MicroProfile and JUnit 5, and nothing else, because it
 * is also used with a classes jar whose libraries have other names. {@code ClaudeAssertions} alone needs AssertJ.
 */
package io.github.claudejakarta.testing;
