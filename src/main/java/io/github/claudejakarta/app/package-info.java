/**
 * The composition root: reads the settings, produces the beans, starts and stops the application. It may use all
 * packages, and no package uses it. A setting that is not valid stops the start, with a message that names its key.
 */
package io.github.claudejakarta.app;
