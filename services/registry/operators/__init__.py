"""Who runs a centre: the change of operator as a case of its own, and the operator of any day."""
