"""Checks of the repository for which no tool is run as it comes: secrets in files, known faults of dependencies."""
