"""Long work: written down with the request, carried out by whoever leads, resumed after a crash, watched meanwhile."""
