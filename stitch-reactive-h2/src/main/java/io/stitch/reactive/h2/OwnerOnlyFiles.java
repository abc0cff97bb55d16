package io.stitch.reactive.h2;

import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.AclEntry;
import java.nio.file.attribute.AclEntryPermission;
import java.nio.file.attribute.AclEntryType;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The file system that H2 makes its files in: each is its owner's alone from its first byte, also the one that it writes anew when it
 * compacts. Public only because H2 makes each path by reflection; not for applications.
 */
@SuppressWarnings("exports") // What it extends is H2's, and nobody's else to use.
public final class OwnerOnlyFiles extends FilePathWrapper {
    static final String SCHEME = "stitch";

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    /** For H2. */
    public OwnerOnlyFiles() {}

    static void register() {
        FilePath.register(new OwnerOnlyFiles());
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        if (mode.contains("w")) {
            create(path());
        }
        return super.open(mode);
    }

    @Override
    public OutputStream newOutputStream(boolean append) throws IOException {
        create(path());
        return super.newOutputStream(append);
    }

    @Override
    public boolean createFile() {
        try {
            return create(path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path path() {
        return Path.of(getBase().toString());
    }

    /**
     * Makes a file that only its owner can read, if there is none. Where files have neither of the two kinds of rights that Java knows, it
     * gets those of its folder.
     *
     * @return whether it was made
     */
    static boolean create(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            Files.createFile(file, ownerOnly(file));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    /** {@return the rights of a file that is to be made} */
    static FileAttribute<?>[] ownerOnly(Path file) throws IOException {
        FileSystem system = file.getFileSystem();
        if (system.supportedFileAttributeViews().contains("posix")) {
            return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)};
        }
        if (system.supportedFileAttributeViews().contains("acl")) {
            try {
                UserPrincipal owner =
                        system.getUserPrincipalLookupService().lookupPrincipalByName(System.getProperty("user.name"));
                return new FileAttribute<?>[] {new Acl(owner)};
            } catch (UserPrincipalNotFoundException e) {
                return new FileAttribute<?>[0];
            }
        }
        return new FileAttribute<?>[0];
    }

    /**
     * Takes the rights of others on a file that is there, as one that an older version made. A file of another owner stays as it is: who
     * shares one so has said who may read it.
     */
    static void tighten(Path file) throws IOException {
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        if (!posix || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Set<PosixFilePermission> now = Files.getPosixFilePermissions(file);
        boolean ours = Files.getOwner(file)
                .equals(file.getFileSystem()
                        .getUserPrincipalLookupService()
                        .lookupPrincipalByName(System.getProperty("user.name")));
        if (ours && !OWNER_ONLY.containsAll(now)) {
            Set<PosixFilePermission> kept = EnumSet.copyOf(OWNER_ONLY);
            kept.retainAll(now);
            Files.setPosixFilePermissions(file, kept);
        }
    }

    private record Acl(UserPrincipal owner) implements FileAttribute<List<AclEntry>> {
        @Override
        public String name() {
            return "acl:acl";
        }

        @Override
        public List<AclEntry> value() {
            return List.of(AclEntry.newBuilder()
                    .setType(AclEntryType.ALLOW)
                    .setPrincipal(owner)
                    .setPermissions(EnumSet.allOf(AclEntryPermission.class))
                    .build());
        }
    }
}
