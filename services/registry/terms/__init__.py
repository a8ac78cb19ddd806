"""What ends by itself: titles and designations whose last day is over, and what a centre's end left behind."""
