"""The yearly self-check of a centre's standard kit (4.1-2)."""
