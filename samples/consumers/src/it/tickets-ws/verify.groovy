io.stitch.samples.consumers.TicketsProject.check(basedir)
