"""Renewal of an admission, and the change of its categories."""
