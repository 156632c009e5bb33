/**
 * Health, telemetry and the access log. This package observes the other packages; none of them calls it, except
 * {@code rest} and {@code app}.
 */
package io.github.claudejakarta.observe;
