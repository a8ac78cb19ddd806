"""Admission of service providers (4.3-2)."""
