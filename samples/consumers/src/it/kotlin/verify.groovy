io.stitch.samples.consumers.KotlinProject.check(basedir)
