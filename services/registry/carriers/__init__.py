"""Carriers beside centres, their dated links to centres, and the stages of an enterprise along them (1.1-2)."""
