"""Activities (4.5): planned in one calendar, held, reported with evidence, verified; their winners and what became of
them."""
