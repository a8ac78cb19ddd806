"""Suspension and removal of a provider: notice of intent, statement, decision, remedies, lifting (4.3-4)."""
