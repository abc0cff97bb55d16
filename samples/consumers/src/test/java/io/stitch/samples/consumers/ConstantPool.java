package io.stitch.samples.consumers;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;

/** What a class file names, as the Java Virtual Machine Specification has it in 4.4. */
final class ConstantPool {
    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int FIELD = 9;
    private static final int METHOD_OF_INTERFACE = 11;

    private final int[] tags;
    private final Object[] values;

    /**
     * A class, or a field or method of it.
     *
     * @param owner the class, with slashes
     * @param member the field or method; empty for the class itself
     * @param descriptor its type
     */
    record Reference(String owner, String member, String descriptor) {
        boolean mentions(String packageName) {
            return owner.startsWith(packageName) || descriptor.contains('L' + packageName);
        }

        @Override
        public String toString() {
            return owner + (member.isEmpty() ? "" : "." + member + " " + descriptor);
        }
    }

    private ConstantPool(int[] tags, Object[] values) {
        this.tags = tags;
        this.values = values;
    }

    static ConstantPool read(InputStream content) throws IOException {
        DataInputStream in = new DataInputStream(content);
        in.skipNBytes(8);
        int size = in.readUnsignedShort();
        int[] tags = new int[size];
        Object[] values = new Object[size];
        for (int i = 1; i < size; i++) {
            tags[i] = in.readUnsignedByte();
            switch (tags[i]) {
                case UTF8 -> values[i] = in.readUTF();
                case 3, 4 -> in.skipNBytes(4);
                case 5, 6 -> {
                    in.skipNBytes(8);
                    i++; // These take two places.
                }
                case CLASS, 8, 16, 19, 20 -> values[i] = new int[] {in.readUnsignedShort()};
                case FIELD, 10, METHOD_OF_INTERFACE, 12, 17, 18 ->
                    values[i] = new int[] {in.readUnsignedShort(), in.readUnsignedShort()};
                case 15 -> in.skipNBytes(3);
                default -> throw new IOException("constant " + tags[i] + " is not known");
            }
        }
        return new ConstantPool(tags, values);
    }

    List<Reference> references() {
        return Stream.iterate(1, i -> i < tags.length, i -> i + 1)
                .filter(i -> tags[i] == CLASS || (tags[i] >= FIELD && tags[i] <= METHOD_OF_INTERFACE))
                .map(this::reference)
                .filter(reference -> !reference.owner().startsWith("["))
                .toList();
    }

    private Reference reference(int i) {
        if (tags[i] == CLASS) {
            return new Reference(text(i, 0), "", "");
        }
        int nameAndType = index(i, 1);
        return new Reference(text(index(i, 0), 0), text(nameAndType, 0), text(nameAndType, 1));
    }

    private int index(int i, int which) {
        return ((int[]) values[i])[which];
    }

    private String text(int i, int which) {
        return (String) values[index(i, which)];
    }
}
