package io.stitch.samples.desktop;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/** Each test of a window on the board of a server of its own. */
@ExtendWith(WindowSystem.class)
abstract class OnABoard {
    @TempDir
    Path folder;

    TestBoard board;

    @BeforeEach
    void startBoard() {
        board = TestBoard.start(folder);
    }

    @AfterEach
    void stopBoard() {
        board.close();
    }
}
