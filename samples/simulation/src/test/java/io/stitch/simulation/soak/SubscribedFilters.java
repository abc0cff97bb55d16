package io.stitch.simulation.soak;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Reads what a client sends, and knows what it is subscribed to. One thread writes; any may ask. */
final class SubscribedFilters {
    private static final int SUBSCRIBE = 8;
    private static final int UNSUBSCRIBE = 10;

    private final Set<String> filters = ConcurrentHashMap.newKeySet();
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

    int size() {
        return filters.size();
    }

    void sent(byte[] piece, int length) {
        rest.write(piece, 0, length);
        ByteBuffer bytes = ByteBuffer.wrap(rest.toByteArray());
        int whole = 0;
        while (readPacket(bytes)) {
            whole = bytes.position();
        }
        rest.reset();
        rest.write(bytes.array(), whole, bytes.limit() - whole);
    }

    /** {@return whether there was a whole packet} */
    private boolean readPacket(ByteBuffer bytes) {
        if (bytes.remaining() < 5 && !endsShort(bytes)) {
            return false;
        }
        int type = bytes.get() >> 4 & 0xF;
        int length = number(bytes);
        if (bytes.remaining() < length) {
            return false;
        }
        ByteBuffer body = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        if (type == SUBSCRIBE || type == UNSUBSCRIBE) {
            body.getShort(); // The packet's id.
            int properties = number(body);
            body.position(body.position() + properties);
            while (body.hasRemaining()) {
                byte[] filter = new byte[Short.toUnsignedInt(body.getShort())];
                body.get(filter);
                String text = new String(filter, StandardCharsets.UTF_8);
                if (type == SUBSCRIBE) {
                    body.get(); // The options.
                    filters.add(text);
                } else {
                    filters.remove(text);
                }
            }
        }
        return true;
    }

    /** Whether the length is all there though no five bytes are. */
    private static boolean endsShort(ByteBuffer bytes) {
        for (int i = bytes.position() + 1; i < bytes.limit(); i++) {
            if (bytes.get(i) >= 0) {
                return true;
            }
        }
        return false;
    }

    private static int number(ByteBuffer bytes) {
        int number = 0;
        int next;
        int shift = 0;
        do {
            next = bytes.get();
            number |= (next & 0x7F) << shift;
            shift += 7;
        } while (next < 0);
        return number;
    }
}
