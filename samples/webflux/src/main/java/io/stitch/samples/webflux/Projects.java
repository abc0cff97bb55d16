package io.stitch.samples.webflux;

import io.stitch.reactive.Patch;
import io.stitch.reactive.StitchStore;
import io.stitch.samples.webflux.Board.Project;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;
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

    Projects(StitchStore store, OpenScopes scopes) {
        this.store = store;
        this.scopes = scopes;
    }

    record NewProject(
            @Nullable String id, @NotBlank @Size(max = 200) String name) {}

    record Name(@NotBlank @Size(max = 200) String name) {}

    @GetMapping
    Mono<List<Project>> list() {
        return store.listRoots(Board.PROJECT).take(MOST_LISTED).collectSortedList(Comparator.comparing(Project::name));
    }

    @PostMapping
    Mono<ResponseEntity<Project>> create(@Valid @RequestBody NewProject body) {
        String id = body.id() == null ? UUID.randomUUID().toString() : body.id();
        return scopes.create(
                id,
                scope -> scope.create(Board.PROJECT, new Project(id, body.name()))
                        .result()
                        .map(result -> Answers.created(
                                result,
                                UriComponentsBuilder.fromPath("/api/projects/{id}")
                                        .encode()
                                        .buildAndExpand(id)
                                        .toUri())));
    }

    @GetMapping("/{projectId}")
    Mono<Project> read(@PathVariable String projectId) {
        return scopes.ask(projectId, scope -> Mono.justOrEmpty(scope.get(Board.PROJECT, projectId)));
    }

    @PutMapping("/{projectId}")
    Mono<ResponseEntity<Project>> rename(@PathVariable String projectId, @Valid @RequestBody Name body) {
        return scopes.ask(
                projectId,
                scope -> scope.update(Board.PROJECT, projectId, Patch.of("name", body.name()))
                        .result()
                        .map(Answers::updated));
    }

    @DeleteMapping("/{projectId}")
    Mono<ResponseEntity<Void>> delete(@PathVariable String projectId) {
        return scopes.ask(
                projectId,
                scope -> scope.delete(Board.PROJECT, projectId).result().map(Answers::deleted));
    }
}
