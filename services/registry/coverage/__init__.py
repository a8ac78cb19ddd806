"""Coverage: which county or district has its centre, and how many specialised ones there are (1.2-5)."""
