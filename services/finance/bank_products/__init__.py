"""The banks' products with their dated terms, and which of them suit an enterprise (3.3-1)."""
