io.stitch.samples.consumers.StarterProject.check(basedir)
