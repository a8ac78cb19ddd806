"""Objections (异议) against preliminary results, signed and reasoned, within the public notice (2.3-4)."""
