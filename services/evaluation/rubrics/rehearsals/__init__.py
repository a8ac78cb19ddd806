"""Rehearsals: a past year scored once more by a draft, to see who would have another grade (2.3-2)."""
