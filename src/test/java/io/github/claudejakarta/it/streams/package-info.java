/** Streams: live, watched by many, resumed, recovered, and left by their clients. */
package io.github.claudejakarta.it.streams;
