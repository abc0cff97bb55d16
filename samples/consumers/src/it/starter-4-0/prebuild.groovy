io.stitch.samples.consumers.StarterProject.prepare(basedir, starter)
