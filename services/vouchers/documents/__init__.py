"""Documents (附件) of the vouchers service's cases: one line for each kind of case that has them."""
