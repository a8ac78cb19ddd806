"""Mentors (4.8-1): appointed for a term by two people, linked to centres, their sessions confirmed by those advised."""
