"""What is kept about an enterprise year by year and paper by paper: growth file, technology flags, permits."""
