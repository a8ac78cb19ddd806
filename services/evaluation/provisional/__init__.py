"""Would I pass? The coming evaluation on a centre's data so far, by the official formulas; stored nowhere."""
