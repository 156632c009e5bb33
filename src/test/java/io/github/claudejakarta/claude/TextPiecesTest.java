package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextPiecesTest {

    private final TextPieces pieces = new TextPieces();

    @Test
    void keepsAHighSurrogateForTheNextPiece() {
        assertThat(pieces.next("a\ud83d")).isEqualTo("a");
        assertThat(pieces.next("")).isEmpty();
        assertThat(pieces.next("\ude00b")).isEqualTo("\ud83d\ude00b");
        assertThat(pieces.rest()).isEmpty();
    }

    @Test
    void doesNotDelayTextAfterAHighSurrogate() {
        pieces.next("\ud83d");
        assertThat(pieces.next("x")).isEqualTo("\ud83dx");
        assertThat(pieces.next("\ud83d\ud83d")).isEqualTo("\ud83d");
        assertThat(pieces.next("\ude00\ude00")).isEqualTo("\ud83d\ude00\ude00");
    }

    @Test
    void theRestIsALoneSurrogate() {
        assertThat(pieces.next("a\ud83d")).isEqualTo("a");
        assertThat(pieces.rest()).isEqualTo("\ud83d");
        assertThat(pieces.rest()).isEmpty();
    }
}
