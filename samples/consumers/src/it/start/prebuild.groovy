io.stitch.samples.consumers.StartProject.prepare(basedir, guide, version)
