module com.example.board {
    requires io.stitch.reactive.h2;
    requires io.stitch.reactive.peer;

    opens com.example.board to
            tools.jackson.databind;
}
