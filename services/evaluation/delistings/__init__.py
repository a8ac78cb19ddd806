"""Delisting cases (摘牌, 2.3-5): the procedure before publication and the confirmations after it."""
