package io.stitch.samples.webflux;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Names;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Status;
import io.stitch.samples.webflux.Board.Task;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
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
import java.util.UUID;

/** The tasks of a project over HTTP, and its stream of events. */
@RestController
@RequestMapping("/api/projects/{projectId}")
class Tasks {
    private final StitchStore store;
    private final OpenScopes scopes;
    private final BoardStream stream;
    private final AddressLimit addresses;
    private final Clock clock;

    Tasks(StitchStore store, OpenScopes scopes, BoardStream stream, AddressLimit addresses, Clock clock) {
        this.store = store;
        this.scopes = scopes;
        this.stream = stream;
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
            ServerHttpRequest request) {
        return addresses.within(request.getRemoteAddress(), stream.of(projectId, name, again));
    }

    @GetMapping("/tasks")
    Mono<List<Task>> list(@PathVariable String projectId) {
        return scopes.ask(projectId, scope -> Mono.fromSupplier(() -> scope.snapshot(Board.TASK)));
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
                                .then(Mono.defer(() -> changed(scope, taskId, patch, Tags.ifMatch(headers))
                                        .result()))
                                .map(result -> Answers.updated(result, Tags::of))));
    }

    /** A change that is meant for one state looks at the task when its turn comes, with no other write in between. */
    private static Mutation<Task> changed(Scope scope, String taskId, Patch patch, List<String> wanted) {
        return wanted.isEmpty()
                ? scope.update(Board.TASK, taskId, patch)
                : scope.update(Board.TASK, taskId, task -> {
                    Tags.require(wanted, Tags.of(task), task);
                    return TaskPatch.applied(patch, task);
                });
    }

    @DeleteMapping("/tasks/{taskId}")
    Mono<ResponseEntity<Void>> delete(
            @PathVariable String projectId, @PathVariable String taskId, @RequestHeader HttpHeaders headers) {
        return scopes.ask(
                projectId,
                scope -> task(scope, taskId)
                        .then(Mono.defer(() -> deleted(scope, taskId, Tags.ifMatch(headers))))
                        .map(Answers::deleted));
    }

    /** A delete that is meant for one state looks at the task when its turn comes, as a change does. */
    private Mono<? extends MutationResult<?>> deleted(Scope scope, String taskId, List<String> wanted) {
        return wanted.isEmpty()
                ? scope.delete(Board.TASK, taskId).result()
                : Deletes.checked(store, scope, Board.TASK, taskId, task -> Tags.require(wanted, Tags.of(task), task));
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
