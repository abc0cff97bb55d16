package io.stitch.samples.webflux;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Project;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** The projects over HTTP. */
@RestController
@RequestMapping("/api/projects")
class Projects {
    private static final int MOST_LISTED = 1_000;

    private final StitchStore store;
    private final OpenScopes scopes;
    private final BoardStream stream;
    private final AddressLimit addresses;

    Projects(StitchStore store, OpenScopes scopes, BoardStream stream, AddressLimit addresses) {
        this.store = store;
        this.scopes = scopes;
        this.stream = stream;
        this.addresses = addresses;
    }

    record NewProject(
            @Nullable String id, @NotBlank @Size(max = 200) String name) {}

    record Name(@NotBlank @Size(max = 200) String name) {}

    @GetMapping
    Mono<List<Project>> list() {
        return store.listRoots(Board.PROJECT).take(MOST_LISTED).collectSortedList(Comparator.comparing(Project::name));
    }

    /** Its address cannot be a project's: ids that begin so are reserved. */
    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<ServerSentEvent<BoardEvent>> events(ServerHttpRequest request) {
        return addresses.within(request.getRemoteAddress(), stream.ofBoards());
    }

    @PostMapping
    Mono<ResponseEntity<Project>> create(@Valid @RequestBody NewProject body) {
        String id = body.id() == null ? UUID.randomUUID().toString() : Addresses.requireReachable("project", body.id());
        return scopes.create(
                id,
                scope -> scope.create(Board.PROJECT, new Project(id, body.name()))
                        .result()
                        .map(result -> Answers.created(result, Tags::of, Addresses.of("/api/projects/{id}", id))));
    }

    @GetMapping("/{projectId:(?!events$).*}")
    Mono<ResponseEntity<Project>> read(@PathVariable String projectId) {
        return scopes.ask(
                projectId,
                scope -> project(scope)
                        .map(project ->
                                ResponseEntity.ok().eTag(Tags.of(project)).body(project)));
    }

    @PutMapping("/{projectId}")
    Mono<ResponseEntity<Project>> rename(
            @PathVariable String projectId, @Valid @RequestBody Name body, @RequestHeader HttpHeaders headers) {
        List<String> wanted = Tags.ifMatch(headers);
        return scopes.ask(
                projectId,
                scope -> renamed(scope, body.name(), wanted).result().map(result -> Answers.updated(result, Tags::of)));
    }

    /** A rename that is meant for one state looks at the board when its turn comes, with no other write in between. */
    private static Mutation<Project> renamed(Scope scope, String name, List<String> wanted) {
        return wanted.isEmpty()
                ? scope.update(Board.PROJECT, scope.id(), Patch.of("name", name))
                : scope.update(Board.PROJECT, scope.id(), project -> {
                    Tags.require(wanted, Tags.of(project), project);
                    return new Project(project.id(), name, project.version());
                });
    }

    @DeleteMapping("/{projectId}")
    Mono<ResponseEntity<Void>> delete(@PathVariable String projectId, @RequestHeader HttpHeaders headers) {
        List<String> wanted = Tags.ifMatch(headers);
        return scopes.ask(projectId, scope -> deleted(scope, wanted).map(Answers::deleted));
    }

    /** A delete that is meant for one state looks at the board when its turn comes, as a rename does. */
    private Mono<? extends MutationResult<?>> deleted(Scope scope, List<String> wanted) {
        return wanted.isEmpty()
                ? scope.delete(Board.PROJECT, scope.id()).result()
                : Deletes.checked(
                        store,
                        scope,
                        Board.PROJECT,
                        scope.id(),
                        project -> Tags.require(wanted, Tags.of(project), project));
    }

    private static Mono<Project> project(Scope scope) {
        return Mono.justOrEmpty(scope.get(Board.PROJECT, scope.id()));
    }
}
