"""The circular of a year (通报, 2.3-4): one document, a line for each failed centre."""
