package io.stitch.reactive;

/** Why a message was dropped, or what else happened that nobody asked for but somebody may want to know. */
public enum DiagnosticCode {
    /** The retain flag was set; the protocol retains nothing but who is connected. */
    RETAINED,
    /**
     * A client published where only the server may: the broker's own {@code x-mqtt-sender} says so. Between peers: a signature is
     * wanted, and this one is missing, wrong, or not by a trusted key, or a goodbye does not say which connection it ends.
     */
    FORGED,
    /** The payload is larger than the configured bound. */
    TOO_LARGE,
    /** The payload is not JSON, or is nested too deeply, or has too many tokens. */
    MALFORMED_JSON,
    /**
     * The payload has more values, or more different names of fields, than a store reads; the detail says which bound it breaks.
     */
    TOO_MANY_VALUES,
    /** The payload is JSON, but not a change event. */
    MALFORMED_EVENT,
    /** The payload is JSON, but not a reply. */
    MALFORMED_REPLY,
    /** The topic is none of the protocol's. */
    UNKNOWN_TOPIC,
    /** The topic names an entity that the schema does not have. */
    UNKNOWN_ENTITY,
    /** An id that the protocol does not allow. */
    INVALID_ID,
    /** The payload contradicts its topic in a way that the topic cannot decide. */
    CONTRADICTS_TOPIC,
    /** The record carries the other mode's kind of version. */
    WRONG_MODE,
    /** No request is waiting for this reply: it came twice, too late, or was made up. */
    UNKNOWN_REPLY,
    /** The event's scope is not open: usually it was just closed, or the server has refused it. */
    SCOPE_NOT_OPEN,
    /** The event says what the store already holds: a duplicate, or an echo of an own write. */
    DUPLICATE,
    /** The event is older than what the store holds or than a delete it remembers, or a goodbye is of an earlier connection. */
    OUTDATED,
    /** A record was read back from an old server, because an event of it was ambiguous. */
    READ_BACK,
    /** The manifest does not fit into one request: the scope was compared by listing it, or, between peers, not at all. */
    MANIFEST_TOO_LARGE,
    /** A record does not fit the Java type that a list or a result is shown as, and was left out of it. */
    UNREADABLE_RECORD,
    /** Comparing a scope with the server failed; it is tried again. */
    COMPARE_FAILED,
    /**
     * The events of the user are wanted ({@link ServerSync.Builder#perUserEvents}) and do not come: nobody is logged in, the user's id cannot be
     * in a topic, or the broker did not grant the subscription.
     */
    NO_USER_EVENTS,
    /** The server did not list what others share with the user, so that only the user's own roots are listed. Reported once. */
    NO_SHARED_ROOTS,
    /** On an old server, a root's version was not raised after a write to one of its children. */
    ROOT_NOT_RAISED,
    /** A pending write was undone: the server refused it, or somebody else wrote or deleted the record meanwhile. */
    WRITE_REJECTED,
    /** A pending write failed so often that it is sent again only on the application's word. */
    WRITE_PARKED,
    /** Pending writes waited for one another, so one of them was sent before what it names, in the order of writing. */
    WRITE_ORDER_CYCLE,
    /** A rejection came, and nobody had taken those before it. */
    REJECTION_UNSEEN,
    /** A record or a pending write that was kept on disk cannot be read: it is left out, and stays where it is. */
    SET_ASIDE,
    /** Changes could not be kept on disk. */
    PERSISTENCE_FAILED,
    /** A peer's stamp, or the own clock's, is further ahead of the wall clock than the allowed drift. */
    CLOCK_AHEAD,
    /** Between peers: an open scope is encrypted and its key is not here, so that it shows nothing, or a message came of such a scope. */
    KEY_MISSING,
    /**
     * Between peers: a message is encrypted with a key that is not known here, or was changed or moved to another topic since, or its scope is
     * not encrypted here. Each is counted; one of each key is reported.
     */
    NOT_DECRYPTED,
    /** Between peers: a message can be read by everybody, and its scope is encrypted. Each is counted; one of each scope is reported. */
    NOT_ENCRYPTED,
    /**
     * Between peers: a write is signed by an author who is not trusted with it, so that it is not taken, or does not count any more. Each is
     * counted; one of each author is reported.
     */
    UNTRUSTED,
    /** A peer said hello too often; the hello is answered some seconds later, unless too many wait already. */
    HELLO_TOO_OFTEN,
    /** A pending write was not sent any more, because something newer is known of its record. */
    SUPERSEDED,
    /**
     * A bound was reached: what was known longest of a peer, a connected client or a deleted record was forgotten, and a deleted record may
     * return.
     */
    FORGOTTEN,
    /** Between peers: the broker took a write and says that nobody subscribes to its scope, so that this copy is the only one for now. */
    NO_SUBSCRIBERS,
    /**
     * A store without a persistence ended while writes of it were not sent or, between peers, it or a scope of it ended while it had records that
     * nobody else is known to hold: they are gone. The detail says how many of which scopes; it is logged as a warning, too.
     */
    ONLY_COPY_GONE,
    /**
     * On a server's list: it took so long for so few records that the server probably looks through all of an entity; an index on the field
     * that names the scope would help.
     */
    SLOW_LIST,
    /** A request found no place among those that wait. */
    REQUEST_OVERFLOW,
    /**
     * More bytes waited to be read than {@link RemoteOptions#waitingBytes} allows, so that messages were dropped; what they may have told is
     * compared.
     */
    RECEIVE_OVERFLOW,
    /** Another client connected with this client id. */
    SESSION_TAKEN_OVER,
    /** A password, a ticket or a session is sent to another machine so that everybody on the way can read it. */
    PLAIN_SECRET,
    /** A defect in this library or in a subscriber; the stream goes on. */
    INTERNAL_ERROR,
    /**
     * An error of the JVM, such as missing memory or a missing class. Where it hit a connection, that one ends and the next is tried; where
     * it hit the store itself, the store ends, and {@link StitchStore#onClose()} with an error.
     */
    FATAL_ERROR
}
