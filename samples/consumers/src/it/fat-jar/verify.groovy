io.stitch.samples.consumers.FatJarProject.check(basedir)
