package io.stitch.simulation.server;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;

/** A record as a class: with a number that not every JSON fits, and with fields that it does not know the names of. */
@JsonInclude(JsonInclude.Include.NON_NULL)
final class Task {
    public String id = "";
    public @Nullable String projectId;
    public @Nullable String title;
    public @Nullable String state;
    public @Nullable String text;
    public @Nullable Long rank;
    public int effort;
    public @Nullable String partOf;
    public @Nullable String memberId;
    private final Map<String, Object> more = new LinkedHashMap<>();

    @JsonAnyGetter
    Map<String, Object> more() {
        return more;
    }

    @JsonAnySetter
    void more(String name, Object value) {
        more.put(name, value);
    }
}
