"""Documents (附件) of finance's cases: one line for each kind of case that has them."""
