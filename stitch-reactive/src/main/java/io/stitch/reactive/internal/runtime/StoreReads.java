package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Share;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.internal.writes.Ids;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.Optional;

/**
 * What is asked of the server, or of what is kept where there is none. A question waits, as a write does, until what was kept has been read; and fails
 * when the store has ended.
 */
final class StoreReads {
    private final StoreParts parts;

    StoreReads(StoreParts parts) {
        this.parts = parts;
    }

    <T> Mono<T> read(EntityType<T> type, String id, String... fields) {
        Ids.require(type.name(), id);
        return parts.opened()
                .then(parts.ending.whileOpen(parts.session
                        .read(type.name(), id, List.of(fields))
                        .map(json -> parts.mapper.read(type, json))));
    }

    <T> Mono<List<T>> list(EntityType<T> type, ListQuery query) {
        requireListable(query);
        return parts.opened()
                .then(parts.ending.whileOpen(parts.session
                        .list(type.name(), query)
                        .map(list -> list.stream()
                                .map(json -> parts.mapper.read(type, json))
                                .toList())));
    }

    <T> Flux<T> listRoots(EntityType<T> type) {
        requireRoot(type);
        return parts.opened()
                .thenMany(parts.ending.whileOpen(parts.session.listRoots().map(json -> parts.mapper.read(type, json))));
    }

    <T> Flux<T> listRoots(EntityType<T> type, ListQuery query) {
        requireRoot(type);
        requireListable(query);
        return parts.opened()
                .thenMany(parts.ending.whileOpen(Flux.defer(() -> {
                            Optional<String> owner = parts.user.get();
                            ListQuery own = parts.schema.userScopeField().isPresent() && owner.isPresent()
                                    ? query.where(
                                            parts.schema.userScopeField().get(), ListQuery.Operator.EQ, owner.get())
                                    : query;
                            return parts.session.listRoots(query, own).flatMapIterable(list -> list);
                        })
                        .map(json -> parts.mapper.read(type, json))));
    }

    Mono<Integer> childCount(EntityType<?> type, String scopeId) {
        String scopeField = parts.schema.children().get(type.name());
        if (scopeField == null) {
            throw new SchemaException("'%s' is not a child of the schema.".formatted(type.name()));
        }
        ListQuery children = ListQuery.all()
                .where(scopeField, ListQuery.Operator.EQ, Ids.require(parts.schema.root(), scopeId))
                .fields("id");
        return parts.opened()
                .then(parts.ending.whileOpen(
                        parts.session.list(type.name(), children).map(List::size)));
    }

    Mono<Share> share(EntityType<?> type, String id, String grantee, SharePermission permission, boolean cascade) {
        Ids.require(type.name(), id);
        Ids.requireGrantee(grantee);
        return parts.opened()
                .then(parts.ending.whileOpen(
                        parts.session.people().share(type.name(), id, grantee, permission, cascade)));
    }

    Mono<Void> unshare(EntityType<?> type, String id, String grantee) {
        Ids.require(type.name(), id);
        Ids.requireGrantee(grantee);
        return parts.opened().then(parts.ending.whileOpen(parts.session.people().unshare(type.name(), id, grantee)));
    }

    Mono<List<Share>> shares(EntityType<?> type, String id) {
        Ids.require(type.name(), id);
        return parts.opened().then(parts.ending.whileOpen(parts.session.people().shares(type.name(), id)));
    }

    private static void requireListable(ListQuery query) {
        query.grouping().ifPresent(field -> {
            throw new SchemaException(
                    "A list has no groups: leave groupBy(\"%s\") out, or ask by query(), which counts them."
                            .formatted(field));
        });
        if (query.offset() > ListQuery.MAX_RECORDS - query.limit().orElse(0)) {
            throw new SchemaException(
                    ("A list ends at %d records, so a page of %d from %d would be cut. Filter by an id greater than the last one"
                                    + " seen, sorted by id, instead; or ask by query(), whose part may be anywhere.")
                            .formatted(ListQuery.MAX_RECORDS, query.limit().orElse(0), query.offset()));
        }
    }

    void requireRoot(EntityType<?> type) {
        if (!type.name().equals(parts.rootEntity())) {
            throw new SchemaException("The root entity is '%s', not '%s'.".formatted(parts.rootEntity(), type.name()));
        }
    }
}
