io.stitch.samples.consumers.ModulePathProject.check(basedir)
