package io.github.claudejakarta.simulator;

import jakarta.json.spi.JsonProvider;

/** The one provider of JSON: to look it up, as {@code Json} does for each builder, takes longer than to build. */
final class JsonText {

    static final JsonProvider PROVIDER = JsonProvider.provider();

    private JsonText() {
    }
}
