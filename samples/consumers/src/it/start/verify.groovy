io.stitch.samples.consumers.StartProject.check(basedir, localRepositoryPath, settings)
