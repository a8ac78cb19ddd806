"""What use is made of vouchers, and how fast budgets burn (4.3-4)."""
