package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.JsonScan;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * An encrypted payload as the wire carries it (protocol section 5.5): {@code {"enc":1,"kid":"…","iv":"…","ct":"…"}}, {@code iv} and
 * {@code ct} in base64url without padding. Pure functions; what it means is for a cipher.
 *
 * @param kid which key was used
 * @param iv the nonce, {@value #IV_BYTES} bytes
 * @param ciphertext what was encrypted, and {@value #TAG_BYTES} bytes that prove it
 */
@SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
public record PeerEnvelope(String kid, byte[] iv, byte[] ciphertext) {
    /** How many bytes a nonce has. */
    public static final int IV_BYTES = 12;
    /** How many bytes of the ciphertext prove that it was not changed. */
    public static final int TAG_BYTES = 16;

    private static final int MAX_KID = 64;
    private static final int IV_CHARS = IV_BYTES / 3 * 4;
    private static final byte[] HEAD = ascii("{\"enc\":1,\"kid\":\"");
    private static final byte[] IV = ascii("\",\"iv\":\"");
    private static final byte[] CIPHERTEXT = ascii("\",\"ct\":\"");
    private static final byte[] END = ascii("\"}");
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    /**
     * Says how long a payload is when it is encrypted.
     *
     * @param kid the key
     * @param plainBytes how long it is as anybody can read it
     * @return the length in bytes
     */
    public static long length(String kid, int plainBytes) {
        return HEAD.length
                + kid.length()
                + IV.length
                + IV_CHARS
                + CIPHERTEXT.length
                + chars(plainBytes + (long) TAG_BYTES)
                + END.length;
    }

    private static long chars(long bytes) {
        return (bytes * 4 + 2) / 3;
    }

    /**
     * {@return the payload} The name of the key must be one that needs no escapes.
     */
    public byte[] write() {
        byte[] name = kid.getBytes(StandardCharsets.US_ASCII);
        byte[] coded = ENCODER.encode(ciphertext);
        byte[] whole = new byte[(int) length(kid, ciphertext.length - TAG_BYTES)];
        int at = 0;
        for (byte[] part : new byte[][] {HEAD, name, IV, ENCODER.encode(iv), CIPHERTEXT, coded, END}) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    /**
     * Reads a payload.
     *
     * @param payload the payload
     * @return the envelope, or {@code null} if it is none: no JSON, or other fields, or values that no cipher could take
     */
    public static @Nullable PeerEnvelope read(byte[] payload) {
        try (JsonParser parser = Json.streaming(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            long version = -1;
            String kid = null;
            String iv = null;
            String ciphertext = null;
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                parser.nextToken();
                switch (name) {
                    case "enc" -> version = JsonScan.integer(parser);
                    case "kid" -> kid = JsonScan.text(parser);
                    case "iv" -> iv = JsonScan.text(parser);
                    case "ct" -> ciphertext = JsonScan.text(parser);
                    default -> {} // Later versions may say more; none may say less.
                }
                parser.skipChildren();
            }
            return version != 1 || parser.nextToken() != null ? null : of(kid, iv, ciphertext);
        } catch (JacksonException e) {
            return null;
        }
    }

    private static @Nullable PeerEnvelope of(@Nullable String kid, @Nullable String iv, @Nullable String ciphertext) {
        if (kid == null || iv == null || ciphertext == null || kid.isEmpty() || kid.length() > MAX_KID) {
            return null;
        }
        try {
            PeerEnvelope read = new PeerEnvelope(kid, DECODER.decode(iv), DECODER.decode(ciphertext));
            return read.iv.length == IV_BYTES && read.ciphertext.length >= TAG_BYTES ? read : null;
        } catch (IllegalArgumentException e) { // Not base64url.
            return null;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
