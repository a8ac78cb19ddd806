"""Who an enterprise is: changes of identity facts, which are confirmed, and merging two records of one enterprise."""
