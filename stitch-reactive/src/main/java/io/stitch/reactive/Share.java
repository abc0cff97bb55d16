package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

/**
 * That an owner shares a record with somebody.
 *
 * @param grantee the user it is shared with, as the server names them
 * @param permission what they may do
 * @param grantedBy the user who has shared it, or {@code null} if the server does not say
 * @param pending whether the server does not know the grantee yet: on one that knows its users by e-mail, they see the record once they have
 *     registered
 */
public record Share(
        String grantee,
        SharePermission permission,
        @Nullable String grantedBy,
        boolean pending) {}
