io.stitch.samples.consumers.PublishedProject.check(basedir, localRepositoryPath, root, version)
