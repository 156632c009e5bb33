/** Health, logs, telemetry, alerts, shutdown, outages, proxies, and the packaged server. */
package io.github.claudejakarta.it.operations;
