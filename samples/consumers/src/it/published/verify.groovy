io.stitch.samples.consumers.PublishedProject.check(basedir, localRepositoryPath, version)
