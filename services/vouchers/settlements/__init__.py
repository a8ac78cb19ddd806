"""Reimbursement (兑付): captured subsidies are collected, checked, announced, approved, paid and closed (4.3-4)."""
