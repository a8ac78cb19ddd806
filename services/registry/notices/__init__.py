"""Public notices (公示) of what is about to be decided, and the objections raised against it."""
