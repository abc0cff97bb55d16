io.stitch.samples.consumers.KotlinProject.prepare(basedir, root)
