"""Long work of the voucher service: issuing batches."""
