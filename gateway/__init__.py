"""The one door: who is calling, where a path leads, and what the suite has to say about itself."""
