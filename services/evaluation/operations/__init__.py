"""Long work: what was asked for, how far it is, and the worker that carries it out and resumes it."""
