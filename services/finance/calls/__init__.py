"""Calls for grants (申报通知): which centres may apply for a fiscal year's grants, and from when to when (3.1-4)."""
