"""Exposure statements and entitlements."""
