"""The alliances: who leads them, who is a member by its own will, and the talent they brought in (4.6, 4.7)."""
