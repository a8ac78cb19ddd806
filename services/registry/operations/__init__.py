"""The registry's long work: imports of large files."""
