"""What only the auditor reads: case packs, samples, related parties and the spending at a year's end."""
