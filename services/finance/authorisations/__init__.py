"""Authorisations (征信授权): which bank may be told what about an enterprise, for what, from when to when (3.2-1)."""
