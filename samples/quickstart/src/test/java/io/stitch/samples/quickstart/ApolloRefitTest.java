package io.stitch.samples.quickstart;

import io.stitch.samples.quickstart.Board.Note;
import io.stitch.samples.quickstart.Board.Task;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ApolloRefitTest {
    @Test
    void everyRecordIsItsOwn() {
        assertThat(ApolloRefit.tasks()).hasSize(300);
        assertThat(ApolloRefit.tasks()).extracting(Task::id).doesNotHaveDuplicates();
        assertThat(ApolloRefit.tasks()).extracting(Task::title).doesNotHaveDuplicates();
        assertThat(ApolloRefit.notes()).extracting(Note::id).doesNotHaveDuplicates();
        assertThat(ApolloRefit.notes()).extracting(Note::text).doesNotHaveDuplicates();
        assertThat(ApolloRefit.SIZE)
                .isEqualTo(1 + ApolloRefit.tasks().size() + ApolloRefit.notes().size());
    }

    @Test
    void someTasksAreDoneSomeBegunAndSomeOpen() {
        assertThat(ApolloRefit.tasks()).extracting(Task::status).contains(Board.Status.values());
    }
}
