"""Who changed what, when, effective when and why; and how something stood on a day."""
