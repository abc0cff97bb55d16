package io.stitch.samples.webflux;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.WriteKind;
import org.jspecify.annotations.Nullable;
import org.springframework.http.codec.ServerSentEvent;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What a viewer is told. The name is the event's type in the stream, the rest its data. */
sealed interface BoardEvent {
    @JsonIgnore
    String name();

    default ServerSentEvent<BoardEvent> sent() {
        return ServerSentEvent.<BoardEvent>builder(this).event(name()).build();
    }

    /**
     * Something that many are told, written once for all of them.
     *
     * @param event what they are told
     * @param json its data
     */
    record Encoded(
            @JsonIgnore BoardEvent event,
            @JsonValue @JsonRawValue String json) implements BoardEvent {
        static Encoded of(BoardEvent event, JsonMapper mapper) {
            return new Encoded(event, mapper.writeValueAsString(event));
        }

        @Override
        public String name() {
            return event.name();
        }
    }

    /**
     * Something happened to the project or a task.
     *
     * @param version the version on the server; below 1 while the server has never had it
     * @param pending whether writes of this service still wait for the server's answer
     */
    record Changed(
            RecordEvent.Operation operation,
            RecordEvent.Origin origin,
            String entity,
            String id,
            long version,
            boolean pending,
            ObjectNode record)
            implements BoardEvent {
        static Changed of(RecordEvent event) {
            return new Changed(
                    event.operation(),
                    event.origin(),
                    event.entity(),
                    event.id(),
                    event.version(),
                    event.isPending(),
                    event.json());
        }

        @Override
        public String name() {
            return "record";
        }
    }

    /**
     * The boards that there are.
     *
     * @param boards the first 1 000, by name
     */
    record Boards(List<Listed> boards) implements BoardEvent {
        private static final int MOST = 1_000;

        /** A board in a list. */
        record Listed(String id, String name) {}

        static Boards of(List<Board.Project> projects) {
            return new Boards(projects.stream()
                    .sorted(Comparator.comparing(Board.Project::name).thenComparing(Board.Project::id))
                    .limit(MOST)
                    .map(project -> new Listed(project.id(), project.name()))
                    .toList());
        }

        @Override
        public String name() {
            return "boards";
        }
    }

    /** The tasks that there are, for a viewer who comes back and may show some that are gone. */
    record Held(List<String> ids) implements BoardEvent {
        @Override
        public String name() {
            return "held";
        }
    }

    /**
     * Which tasks have the text that the viewer looks for.
     *
     * @param text the text
     * @param whole whether these are all of them; otherwise it is what changed
     * @param came the ids of those that have it now
     * @param left the ids of those that have it no more, or are gone
     */
    record Found(String text, boolean whole, List<String> came, List<String> left) implements BoardEvent {
        @Override
        public String name() {
            return "found";
        }
    }

    /**
     * Who looks at the board.
     *
     * @param count how many viewers
     * @param names the names of the first of them
     */
    record Watching(int count, List<String> names) implements BoardEvent {
        @Override
        public String name() {
            return "viewers";
        }
    }

    /**
     * Whether what the viewer sees is all there is.
     *
     * @param state how far the service is with the board
     * @param compared whether it has asked its server since it opened the board, so that what is empty is so everywhere
     */
    record Known(ScopeStatus.State state, boolean compared) implements BoardEvent {
        static Known of(ScopeStatus status) {
            return new Known(status.state(), status.isCompared());
        }

        @Override
        public String name() {
            return "known";
        }
    }

    /** How the service is connected; the message says why it is not. */
    record Connection(
            boolean connected, String status, @Nullable String message) implements BoardEvent {
        static Connection of(ConnectionStatus status) {
            Throwable error = status.error();
            return new Connection(
                    status.isConnected(), status.status().name(), error == null ? null : Sentences.of(error));
        }

        @Override
        public String name() {
            return "connection";
        }
    }

    /**
     * How safe what was written is.
     *
     * @param held whether the server has all of it
     * @param pending how many writes of this service wait to be sent
     */
    record Saved(boolean held, int pending) implements BoardEvent {
        static Saved of(ScopeSafety safety) {
            return new Saved(safety.level().isHeld(), safety.pending());
        }

        @Override
        public String name() {
            return "saved";
        }
    }

    /**
     * The writes that wait for the server.
     *
     * @param count how many
     * @param writes the first 50
     */
    record Waiting(int count, List<Write> writes) implements BoardEvent {
        private static final int MOST = 50;

        /**
         * One of them.
         *
         * @param kind create, update or delete
         * @param title the title or name of what it is about; {@code null} if this service does not know it any more
         * @param since when it was written, if that is known
         * @param attempts how often it was sent
         * @param words why it waits
         * @param failed whether it was sent in vain, and may be tried again by hand
         * @param droppable whether it can be taken back
         */
        record Write(
                long sequence,
                String entity,
                String id,
                String kind,
                @Nullable String title,
                @Nullable Instant since,
                int attempts,
                QueuedWrite.State state,
                String words,
                boolean failed,
                boolean droppable) {
            static Write of(QueuedWrite write, Scope scope) {
                QueuedWrite.State state = write.state();
                return new Write(
                        write.sequence(),
                        write.entity(),
                        write.id(),
                        write.kind().name().toLowerCase(Locale.ROOT),
                        title(write, scope),
                        write.writtenAt(),
                        write.attempts(),
                        state,
                        Sentences.of(write),
                        state == QueuedWrite.State.PARKED || state == QueuedWrite.State.RETRYING,
                        !write.inDoubt() && state != QueuedWrite.State.SENDING);
            }

            private static @Nullable String title(QueuedWrite write, Scope scope) {
                return write.entity().equals(Board.TASK.name())
                        ? scope.get(Board.TASK, write.id())
                                .map(Board.Task::title)
                                .orElse(null)
                        : scope.get(Board.PROJECT, write.id())
                                .map(Board.Project::name)
                                .orElse(null);
            }
        }

        static Waiting of(List<QueuedWrite> writes, Scope scope) {
            return new Waiting(
                    writes.size(),
                    writes.stream()
                            .limit(MOST)
                            .map(write -> Write.of(write, scope))
                            .toList());
        }

        @Override
        public String name() {
            return "waiting";
        }
    }

    /**
     * A write that had been queued was refused and is undone.
     *
     * @param kind create, update or delete
     * @param title the last title or name of what it was about; {@code null} if it is not known any more
     * @param fields what was written
     * @param message why, and what to do
     */
    record Rejected(
            String entity,
            String id,
            String kind,
            @Nullable String title,
            ObjectNode fields,
            String reason,
            String message)
            implements BoardEvent {
        static Rejected of(Rejection rejection) {
            return new Rejected(
                    rejection.entity(),
                    rejection.id(),
                    rejection.kind().name().toLowerCase(Locale.ROOT),
                    title(rejection),
                    rejection.written(),
                    rejection.reason().name(),
                    Sentences.of(rejection.error()));
        }

        /** As it is now, or else as it was when it was written. The title itself may be what was refused: that one it never had. */
        private static @Nullable String title(Rejection rejection) {
            String now = title(rejection.current());
            boolean renamed = rejection.kind() == WriteKind.UPDATE && title(rejection.written()) != null;
            return now != null || renamed ? now : title(rejection.localCopy());
        }

        private static @Nullable String title(@Nullable ObjectNode record) {
            return Stream.ofNullable(record)
                    .flatMap(each -> Stream.of(each.path("title"), each.path("name")))
                    .filter(JsonNode::isString)
                    .map(JsonNode::stringValue)
                    .findFirst()
                    .orElse(null);
        }

        @Override
        public String name() {
            return "rejected";
        }
    }
}
