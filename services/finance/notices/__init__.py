"""Public notices (公示) of money about to be approved, and the objections raised against them; for every programme."""
