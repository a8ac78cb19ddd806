"""Loans with public backing: rules, applications, caps, evidence."""
