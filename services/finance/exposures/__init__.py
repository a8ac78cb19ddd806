"""Everything public that an enterprise has, against each cap."""
