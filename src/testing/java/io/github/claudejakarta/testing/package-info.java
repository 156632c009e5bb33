/** Tests of applications without a key: the simulator, and the beans outside a container. The {@code test} artifact. */
package io.github.claudejakarta.testing;
