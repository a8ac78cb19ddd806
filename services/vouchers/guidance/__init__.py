"""What the science bureau lets counties' and parks' programmes of a year be at most (4.3-4)."""
