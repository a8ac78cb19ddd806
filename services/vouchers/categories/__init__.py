"""Categories of services that vouchers pay for (4.3-2)."""
