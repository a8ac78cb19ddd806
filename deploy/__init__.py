"""Everything that runs the suite: the embedded stack, the supervisor and the command line."""
