"""The rubric (2.3-2): the catalogue of indicator formulas and how indicators become a score and a grade."""
