package io.stitch.samples.webflux;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Names;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Status;
import io.stitch.samples.webflux.Board.Task;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongFunction;

/** The tasks of a project over HTTP, and its stream of events. */
@RestController
@RequestMapping("/api/projects/{projectId}")
class Tasks {
    private final StitchStore store;
    private final OpenScopes scopes;
    private final BoardStream stream;
    private final Searches searches;
    private final AddressLimit addresses;
    private final Clock clock;

    Tasks(
            StitchStore store,
            OpenScopes scopes,
            BoardStream stream,
            Searches searches,
            AddressLimit addresses,
            Clock clock) {
        this.store = store;
        this.scopes = scopes;
        this.stream = stream;
        this.searches = searches;
        this.addresses = addresses;
        this.clock = clock;
    }

    record NewTask(
            @Nullable String id,
            @NotBlank @Size(max = TaskPatch.LONGEST_TITLE) String title,
            @Nullable Status status,

            @Nullable @Size(max = TaskPatch.LONGEST_ASSIGNEE)
            String assignee) {}

    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<BoardEvent>> events(
            @PathVariable String projectId,
            @RequestParam(defaultValue = "Guest") @NotBlank @Size(max = 40) String name,
            @RequestParam(defaultValue = "false") boolean again,
            @RequestParam(required = false) @Nullable @Size(min = 1, max = Searches.LONGEST_STREAM) String stream,
            @RequestParam(defaultValue = "") @Size(max = Searches.LONGEST_TEXT) String text,
            ServerHttpRequest request) {
        return addresses.within(request.getRemoteAddress(), this.stream.of(projectId, name, again, stream, text));
    }

    record Search(
            @NotNull @Size(max = Searches.LONGEST_TEXT) String text) {}

    @PutMapping("/events/{stream}")
    Mono<ResponseEntity<Void>> search(
            @PathVariable String projectId, @PathVariable String stream, @Valid @RequestBody Search body) {
        return searches.ask(projectId, stream, body.text())
                .thenReturn(ResponseEntity.noContent().build());
    }

    @GetMapping("/tasks")
    Mono<List<Task>> list(
            @PathVariable String projectId,
            @RequestParam(defaultValue = "") @Size(max = Searches.LONGEST_TEXT) String text) {
        return scopes.ask(
                projectId,
                scope -> scope.query(Board.TASK, Board.withText(text)).next().map(QueryResult::records));
    }

    @PostMapping("/tasks")
    Mono<ResponseEntity<Task>> create(@PathVariable String projectId, @Valid @RequestBody NewTask body) {
        return Mono.defer(() -> {
            String id =
                    body.id() == null ? UUID.randomUUID().toString() : Addresses.requireReachable("task", body.id());
            Status status = body.status() == null ? Status.OPEN : body.status();
            Task task = new Task(id, projectId, body.title(), status, body.assignee(), clock.instant());
            return scopes.ask(
                    projectId,
                    scope -> scope.create(Board.TASK, task)
                            .result()
                            .map(result -> Answers.created(
                                    result,
                                    Tags::of,
                                    Addresses.of("/api/projects/{project}/tasks/{id}", projectId, id))));
        });
    }

    @GetMapping("/tasks/{taskId}")
    Mono<ResponseEntity<Task>> read(@PathVariable String projectId, @PathVariable String taskId) {
        return scopes.ask(
                projectId,
                scope -> task(scope, taskId)
                        .map(task -> ResponseEntity.ok().eTag(Tags.of(task)).body(task)));
    }

    @PatchMapping("/tasks/{taskId}")
    Mono<ResponseEntity<Task>> update(
            @PathVariable String projectId,
            @PathVariable String taskId,
            @RequestBody JsonNode body,
            @RequestHeader HttpHeaders headers) {
        return Mono.fromSupplier(() -> TaskPatch.of(body))
                .flatMap(patch -> scopes.ask(
                        projectId,
                        scope -> task(scope, taskId)
                                .flatMap(task -> changed(scope, task, patch, Tags.ifMatch(headers)))
                                .map(result -> Answers.updated(result, Tags::of))));
    }

    private static Mono<MutationResult<Task>> changed(Scope scope, Task task, Patch patch, List<String> wanted) {
        if (Tags.isAny(wanted)) {
            return scope.update(Board.TASK, task.id(), patch).result();
        }
        return comparable(scope, task)
                ? compared(scope, task, wanted, version -> scope.updateIf(Board.TASK, task.id(), version, patch))
                // Meant for a state that waits for the server: looked at when its turn comes, with no other write in
                // between.
                : scope.update(Board.TASK, task.id(), current -> {
                            Tags.require(wanted, Tags.of(current), current);
                            return TaskPatch.applied(patch, current);
                        })
                        .result();
    }

    /** Whether the server has just the state that is seen here. */
    private static boolean comparable(Scope scope, Task task) {
        return task.version() != null && !scope.isPending(Board.TASK, task.id());
    }

    /** Does a write at the version that its caller means; others may have written before, through this service or not. */
    private static Mono<MutationResult<Task>> compared(
            Scope scope, Task task, List<String> wanted, LongFunction<Mutation<Task>> write) {
        Tags.require(wanted, Tags.of(task), task);
        return write.apply(Objects.requireNonNull(task.version()))
                .result()
                .onErrorMap(
                        RequestRefusedException.class,
                        refused -> refused.reason() == RequestRefusedException.Reason.PRECONDITION_FAILED
                                ? scope.get(Board.TASK, task.id())
                                        .map(now -> ProblemException.changed(Tags.of(now), now))
                                        .orElseGet(() -> noSuchTask(scope, task.id()))
                                : refused);
    }

    @DeleteMapping("/tasks/{taskId}")
    Mono<ResponseEntity<Void>> delete(
            @PathVariable String projectId, @PathVariable String taskId, @RequestHeader HttpHeaders headers) {
        return scopes.ask(
                projectId,
                scope -> task(scope, taskId)
                        .flatMap(task -> deleted(scope, task, Tags.ifMatch(headers)))
                        .map(Answers::deleted));
    }

    private Mono<? extends MutationResult<?>> deleted(Scope scope, Task task, List<String> wanted) {
        if (Tags.isAny(wanted)) {
            return scope.delete(Board.TASK, task.id()).result();
        }
        return comparable(scope, task)
                ? compared(scope, task, wanted, version -> scope.deleteIf(Board.TASK, task.id(), version))
                : Deletes.checked(
                        store,
                        scope,
                        Board.TASK,
                        task.id(),
                        current -> Tags.require(wanted, Tags.of(current), current));
    }

    /** The server would answer a write of an unknown task, too; here the caller need not wait for that. */
    private static Mono<Task> task(Scope scope, String taskId) {
        return Mono.justOrEmpty(scope.get(Board.TASK, taskId))
                .switchIfEmpty(Mono.error(() -> noSuchTask(scope, taskId)));
    }

    private static ProblemException noSuchTask(Scope scope, String taskId) {
        String problem = Names.idProblem(taskId);
        if (problem != null) {
            return new ProblemException(
                    HttpStatus.BAD_REQUEST,
                    "ID",
                    "'%s' cannot be the id of a task: %s. GET /api/projects/%s/tasks lists the tasks with their ids."
                            .formatted(taskId, problem, scope.id()),
                    Sentences.PAGE_IS_OLD);
        }
        return new ProblemException(
                HttpStatus.NOT_FOUND,
                "NO_SUCH_TASK",
                "There is no task '%s' in the project '%s'; it may have been deleted. GET /api/projects/%s/tasks lists those there are."
                        .formatted(taskId, scope.id(), scope.id()),
                Sentences.DELETED_MEANWHILE);
    }
}
