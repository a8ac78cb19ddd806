"""Matching funds (配套资金): what counties, districts and parks budget and spend for their centres (5.1-2)."""
