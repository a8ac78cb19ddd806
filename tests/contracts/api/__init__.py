"""The public interface as others program against it: what it was when it was last announced, and what it is now."""
