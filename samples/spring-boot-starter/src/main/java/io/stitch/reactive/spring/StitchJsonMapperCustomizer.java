package io.stitch.reactive.spring;

import tools.jackson.databind.json.JsonMapper;

/**
 * Changes how records are written as JSON and read again, for a module, say. All beans of this type are asked, in the order of
 * {@code @Order}. What they change is on the wire, so all clients of a server must understand it.
 */
@FunctionalInterface
public interface StitchJsonMapperCustomizer {
    /**
     * Changes the mapper.
     *
     * @param builder begins with what the library does by default
     */
    void customize(JsonMapper.Builder builder);
}
