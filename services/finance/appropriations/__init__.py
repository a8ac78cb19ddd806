"""Appropriations (预算指标): what the budget gives a programme for a year, and what of it is committed and paid."""
