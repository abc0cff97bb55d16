package io.stitch.reactive.internal.wire;

import io.stitch.reactive.ListQuery;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;

/** The payloads that a client sends. */
public final class Requests {
    /** The largest request that a server takes, in bytes. */
    public static final int MAX_BYTES = 4 * 1024 * 1024;

    private Requests() {}

    /**
     * Writes a read.
     *
     * @param projection the fields to ask for; empty for the whole record
     * @return the payload
     */
    public static byte[] read(List<String> projection) {
        ObjectNode request = Json.object();
        if (!projection.isEmpty()) {
            projection.forEach(request.putArray("projection")::add);
        }
        return Json.write(request);
    }

    /**
     * Writes a list (protocol section 3.2).
     *
     * @param query what to list
     * @return the payload
     * @throws IllegalArgumentException if it has a condition that no server knows: one that is ignored makes a wrong answer
     */
    public static byte[] list(ListQuery query) {
        if (!isKnownToServers(query)) {
            throw new IllegalArgumentException("No server knows alternatives or texts that are contained: %s, %s"
                    .formatted(query.alternatives(), query.filters()));
        }
        ObjectNode json = Json.object();
        if (!query.filters().isEmpty()) {
            ArrayNode array = json.putArray("filters");
            for (ListQuery.Filter filter : query.filters()) {
                array.addObject()
                        .put("field", filter.field())
                        .put("op", filter.operator().wireName())
                        .set("value", Json.mapper().valueToTree(filter.value()));
            }
        }
        if (!query.sorts().isEmpty()) {
            ArrayNode array = json.putArray("sort");
            query.sorts()
                    .forEach(sort -> array.addObject()
                            .put("field", sort.field())
                            .put("direction", sort.ascending() ? "asc" : "desc"));
        }
        query.limit().ifPresent(value -> json.put("limit", value));
        if (query.offset() > 0) {
            json.put("offset", query.offset());
        }
        if (!query.projection().isEmpty()) {
            query.projection().forEach(json.putArray("projection")::add);
        }
        return Json.write(json);
    }

    /**
     * Tells whether a server can be asked for all of a query's conditions.
     *
     * @param query the query
     * @return whether it can
     */
    public static boolean isKnownToServers(ListQuery query) {
        return query.alternatives().isEmpty() && query.filters().stream().allMatch(Requests::isKnownToServers);
    }

    /**
     * Tells whether a server can be asked for a condition.
     *
     * @param filter the condition
     * @return whether it can
     */
    public static boolean isKnownToServers(ListQuery.Filter filter) {
        return filter.operator() != ListQuery.Operator.CONTAINS;
    }

    /**
     * {@return the payload of a delete}
     */
    public static byte[] delete() {
        return Json.write(Json.object());
    }

    /**
     * Writes a request to share a record (protocol section 4.10).
     *
     * @param grantee with whom
     * @param permission what they may do, in the server's word
     * @param cascade whether that goes for what belongs to it as well
     * @return the payload
     */
    public static byte[] share(String grantee, String permission, boolean cascade) {
        return Json.write(Json.object()
                .put("grantee", grantee)
                .put("permission", permission)
                .put("cascade", cascade));
    }

    /**
     * Writes a request to end the sharing of a record.
     *
     * @param grantee with whom it is shared
     * @return the payload
     */
    public static byte[] unshare(String grantee) {
        return Json.write(Json.object().put("grantee", grantee).put("cascade", true));
    }

    /**
     * {@return the payload of a request that asks for nothing in particular}
     */
    public static byte[] nothing() {
        return Json.write(Json.object());
    }

    /**
     * Writes one step of a walk by key through a list (protocol section 3.2): the next records by id.
     *
     * @param field a field to filter by, or {@code null} for all records
     * @param value the value that the field must have
     * @param after the last id of the page before, or {@code null} for the first
     * @param limit the page's size
     * @return the payload
     */
    public static byte[] page(@Nullable String field, @Nullable String value, @Nullable String after, int limit) {
        ObjectNode request = Json.object();
        var filters = request.putArray("filters");
        if (field != null) {
            filters.addObject().put("field", field).put("op", "eq").put("value", value);
        }
        if (after != null) {
            filters.addObject().put("field", "id").put("op", "gt").put("value", after);
        }
        request.putArray("sort").addObject().put("field", "id").put("direction", "asc");
        request.put("limit", limit);
        return Json.write(request);
    }

    /**
     * Writes one step of a walk by key through what a query asks for: the next records by id.
     *
     * @param query what to list, without an order or a part of its own, and with at most 15 filters
     * @param after the last id of the page before, or {@code null} for the first
     * @param limit the page's size
     * @return the payload
     */
    public static byte[] page(ListQuery query, @Nullable String after, int limit) {
        ListQuery next = after == null ? query : query.where("id", ListQuery.Operator.GT, after);
        return list(next.sortBy("id", true).page(0, limit));
    }
}
