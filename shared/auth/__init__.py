"""Internal tokens: who is asking, and what may they do."""
