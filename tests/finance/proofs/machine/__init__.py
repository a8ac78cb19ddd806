"""All kinds of money at once: what may be sent next about each case, and every misfortune that a request can meet."""
