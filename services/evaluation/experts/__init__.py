"""Experts (评审专家): the pool, conflicts of interest, draws, and blind marking (2.3-2)."""
