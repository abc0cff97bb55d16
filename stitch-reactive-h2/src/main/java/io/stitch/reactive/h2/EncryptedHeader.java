package io.stitch.reactive.h2;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The first block of an encrypted file: what H2 knows it by, H2's own salt, and the salt of the passphrase, which lies where H2 leaves
 * room. H2 copies the block as it is when it compacts.
 */
final class EncryptedHeader {
    /** So much of a file lies before what is in it. */
    static final int BYTES = 4_096;

    private static final byte[] ENCRYPTED = "H2encrypt\n".getBytes(StandardCharsets.US_ASCII);
    private static final int H2_SALT_BYTES = 8;
    private static final byte[] MARK = "stitch salt 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int MARK_AT = 64;
    private static final int SALT_BYTES = 16;
    /** Of files from before each had its own. */
    private static final byte[] COMMON_SALT = "io.stitch.reactive.h2".getBytes(StandardCharsets.US_ASCII);

    private EncryptedHeader() {}

    static boolean isEncrypted(Path data) throws IOException {
        return beginsWith(read(data), 0, ENCRYPTED);
    }

    static byte[] saltOf(Path data) throws IOException {
        byte[] header = read(data);
        int at = MARK_AT + MARK.length;
        return beginsWith(header, MARK_AT, MARK) && header.length >= at + SALT_BYTES
                ? Arrays.copyOfRange(header, at, at + SALT_BYTES)
                : COMMON_SALT;
    }

    private static byte[] read(Path data) throws IOException {
        try (InputStream in = Files.newInputStream(data)) {
            return in.readNBytes(BYTES);
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    private static boolean beginsWith(byte[] bytes, int from, byte[] wanted) {
        return bytes.length >= from + wanted.length
                && Arrays.equals(bytes, from, from + wanted.length, wanted, 0, wanted.length);
    }

    /** Begins a file, or one that was interrupted before it had all of its first block. One that has it stays as it is. */
    static void begin(Path data) throws IOException {
        OwnerOnlyFiles.create(data);
        try (FileChannel file = FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (file.size() >= BYTES) {
                return;
            }
            SecureRandom random = new SecureRandom();
            byte[] forH2 = new byte[H2_SALT_BYTES];
            byte[] forPassphrase = new byte[SALT_BYTES];
            random.nextBytes(forH2);
            random.nextBytes(forPassphrase);
            ByteBuffer header = ByteBuffer.allocate(BYTES)
                    .put(ENCRYPTED)
                    .put(forH2)
                    .position(MARK_AT)
                    .put(MARK)
                    .put(forPassphrase)
                    .clear();
            while (header.hasRemaining()) {
                file.write(header, header.position());
            }
            file.force(true);
        }
    }
}
