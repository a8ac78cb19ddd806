"""One centre's evaluation in one year: facts, expert marks, vetoes, exemption, score and result."""
