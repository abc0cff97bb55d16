io.stitch.samples.consumers.BootProject.check(basedir)
