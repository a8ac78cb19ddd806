"""Persons: founders, legal representatives and graduates. They are known here alone; others get `person_ref`."""
