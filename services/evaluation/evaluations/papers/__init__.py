"""The score sheet as a paper."""
