package io.stitch.reactive.spi;

import java.util.Set;

/**
 * What the MQTT 5 reason codes mean to a store (protocol sections 3.1 and 7): which end a login, which are final for a message, and
 * which code of the protocol a refused one stands for.
 */
public final class ReasonCodes {
    /** The client id is not taken: another one is needed. */
    public static final int CLIENT_IDENTIFIER_NOT_VALID = 0x85;
    /** User name or password are wrong. */
    public static final int BAD_USER_NAME_OR_PASSWORD = 0x86;
    /** The login, or what it is for, is not allowed. */
    public static final int NOT_AUTHORIZED = 0x87;
    /** The broker does not know this way to authenticate. */
    public static final int BAD_AUTHENTICATION_METHOD = 0x8C;
    /** Another client has connected with this client id. */
    public static final int SESSION_TAKEN_OVER = 0x8E;
    /** The topic is well formed, but the broker does not take it. */
    public static final int TOPIC_NAME_INVALID = 0x90;
    /** The packet is larger than the broker takes. */
    public static final int PACKET_TOO_LARGE = 0x95;
    /** The broker takes no more for now. */
    public static final int QUOTA_EXCEEDED = 0x97;
    /** The payload is not of the format that was announced. */
    public static final int PAYLOAD_FORMAT_INVALID = 0x99;

    private static final Set<Integer> INVALID_SESSION =
            Set.of(BAD_USER_NAME_OR_PASSWORD, NOT_AUTHORIZED, BAD_AUTHENTICATION_METHOD);
    private static final Set<Integer> INVALID_MESSAGE =
            Set.of(TOPIC_NAME_INVALID, PACKET_TOO_LARGE, PAYLOAD_FORMAT_INVALID);

    private ReasonCodes() {}

    /**
     * Tells whether a connection was refused or ended because its login is not valid: connecting again as the same does not help.
     *
     * @param reasonCode of a CONNACK or DISCONNECT, or -1
     * @return whether it was
     */
    public static boolean isInvalidSession(int reasonCode) {
        return INVALID_SESSION.contains(reasonCode);
    }

    /**
     * Tells whether a message that was refused will be refused each time.
     *
     * @param reasonCode of a PUBACK or SUBACK, or -1
     * @return whether it will
     */
    public static boolean isFinal(int reasonCode) {
        return reasonCode == NOT_AUTHORIZED || INVALID_MESSAGE.contains(reasonCode);
    }

    /**
     * The code of the protocol that a refused message stands for.
     *
     * @param reasonCode of a PUBACK or SUBACK, or -1
     * @return 400, 403, 429 or 500
     */
    public static int requestCode(int reasonCode) {
        if (INVALID_MESSAGE.contains(reasonCode)) {
            return 400;
        }
        return switch (reasonCode) {
            case NOT_AUTHORIZED -> 403;
            case QUOTA_EXCEEDED -> 429;
            default -> 500;
        };
    }
}
