package io.stitch.samples.webflux;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;

/** The writes of a project that wait for the server, over HTTP. */
@RestController
@RequestMapping("/api/projects/{projectId}/writes")
class Writes {
    private final OpenScopes scopes;
    private final WaitingWrites waiting;

    Writes(OpenScopes scopes, WaitingWrites waiting) {
        this.scopes = scopes;
        this.waiting = waiting;
    }

    @GetMapping
    Mono<BoardEvent.Waiting> list(@PathVariable String projectId) {
        return scopes.ask(
                projectId, scope -> waiting.now(projectId).map(writes -> BoardEvent.Waiting.of(writes, scope)));
    }

    @DeleteMapping("/{sequence}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    Mono<Void> drop(@PathVariable String projectId, @PathVariable long sequence) {
        return waiting.drop(projectId, sequence);
    }

    @PostMapping("/{sequence}/retry")
    @ResponseStatus(HttpStatus.ACCEPTED)
    Mono<Void> retry(@PathVariable String projectId, @PathVariable long sequence) {
        return waiting.retry(projectId, sequence);
    }
}
