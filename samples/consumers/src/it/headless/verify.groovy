io.stitch.samples.consumers.HeadlessProject.check(basedir)
