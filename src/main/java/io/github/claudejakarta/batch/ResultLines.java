package io.github.claudejakarta.batch;

import java.io.Closeable;
import java.io.IOException;

/**
 * Results, line by line as Anthropic writes them, without their line ends. A line is where {@link #buffer()}, {@link #start()} and
 * {@link #length()} say, until the next call of {@link #next()}.
 */
interface ResultLines extends Closeable {

    boolean next() throws IOException;

    byte[] buffer();

    int start();

    int length();
}
