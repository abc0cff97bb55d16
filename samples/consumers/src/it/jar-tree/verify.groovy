io.stitch.samples.consumers.JarTree.check(basedir)
