"""Bans on applying for municipal carriers (2.3-6) and the public register of those that run."""
