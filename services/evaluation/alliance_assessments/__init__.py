"""Alliances: what they did, and the yearly assessment that their support rests on (4.6-2)."""
