"""The story, step by step: each finds by its natural key what it needs, and does only what is not yet done."""
