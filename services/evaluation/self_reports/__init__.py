"""Yearly self-reports (年度自评报告) of centres, with the evidence that they filed (2.3-2)."""
