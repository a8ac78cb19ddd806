"""Free text beside reason codes: erasable, and present in events only as a salted hash."""
