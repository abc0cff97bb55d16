package io.stitch.samples.consumers;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Whether each class, method and field that the classes of a jar refer to is there, in the versions that somebody else chose: what is not would
 * be a {@code NoSuchMethodError} when it is needed, in a program that was compiled well.
 */
final class Linkage {
    /** Who does not observe a store needs none of it, nor loads a class that does. */
    private static final String OPTIONAL = "io/micrometer/";

    private final ClassLoader classPath;
    private final Set<String> missing = new TreeSet<>();

    private Linkage(ClassLoader classPath) {
        this.classPath = classPath;
    }

    /**
     * Looks up what this project's jars among others refer to.
     *
     * @param jars the jars of a consumer
     * @return what is missing
     */
    static Set<String> missing(List<Path> jars) {
        List<Path> own = jars.stream()
                .filter(jar -> jar.getFileName().toString().startsWith("stitch-reactive"))
                .toList();
        if (own.isEmpty()) {
            throw new AssertionError("No jar of this project is among " + jars);
        }
        return missing(own, jars);
    }

    static Set<String> missing(List<Path> referring, List<Path> all) {
        URL[] urls = Stream.concat(referring.stream(), all.stream())
                .map(Linkage::url)
                .toArray(URL[]::new);
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            Linkage linkage = new Linkage(loader);
            for (Path path : referring) {
                linkage.checkJar(path.toFile());
            }
            return linkage.missing;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private void checkJar(File file) throws IOException {
        try (JarFile jar = new JarFile(file)) {
            for (JarEntry entry : Collections.list(jar.entries())) {
                String name = entry.getName();
                if (name.endsWith(".class") && !name.endsWith("module-info.class")) {
                    try (InputStream content = jar.getInputStream(entry)) {
                        checkClass(name, ConstantPool.read(content));
                    }
                }
            }
        }
    }

    private void checkClass(String name, ConstantPool pool) {
        List<ConstantPool.Reference> references = pool.references();
        if (references.stream().noneMatch(reference -> reference.mentions(OPTIONAL))) {
            references.stream()
                    .filter(reference -> !isThere(reference))
                    .forEach(reference -> missing.add(name + " needs " + reference));
        }
    }

    private boolean isThere(ConstantPool.Reference reference) {
        try {
            Class<?> owner = Class.forName(reference.owner().replace('/', '.'), false, classPath);
            return reference.member().isEmpty() || has(owner, reference);
        } catch (
                NoClassDefFoundError
                        e) { // Of one of the members: that class is not loaded either where this is missing.
            return String.valueOf(e.getMessage()).startsWith(OPTIONAL);
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }

    private static boolean has(Class<?> owner, ConstantPool.Reference reference) {
        Deque<Class<?>> left = new ArrayDeque<>(List.of(owner));
        while (!left.isEmpty()) {
            Class<?> type = left.pop();
            if (declares(type, reference)) {
                return true;
            }
            left.addAll(List.of(type.getInterfaces()));
            if (type.getSuperclass() != null) {
                left.add(type.getSuperclass());
            } else if (type.isInterface()) {
                left.add(Object.class);
            }
        }
        return false;
    }

    private static boolean declares(Class<?> type, ConstantPool.Reference reference) {
        // Each call may be one with any parameters.
        if (type.getName().equals("java.lang.invoke.MethodHandle")
                || type.getName().equals("java.lang.invoke.VarHandle")) {
            return true;
        }
        if (reference.member().equals("<init>")) {
            return Arrays.stream(type.getDeclaredConstructors())
                    .anyMatch(constructor -> MethodType.methodType(void.class, constructor.getParameterTypes())
                            .descriptorString()
                            .equals(reference.descriptor()));
        }
        if (reference.descriptor().startsWith("(")) {
            return Arrays.stream(type.getDeclaredMethods())
                    .anyMatch(method -> method.getName().equals(reference.member())
                            && MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                                    .descriptorString()
                                    .equals(reference.descriptor()));
        }
        return Arrays.stream(type.getDeclaredFields()).anyMatch(field -> isIt(field, reference));
    }

    private static boolean isIt(Field field, ConstantPool.Reference reference) {
        return field.getName().equals(reference.member())
                && field.getType().descriptorString().equals(reference.descriptor());
    }
}
