"""The change of a listed centre's profile, a case of its own: asked for, reviewed, approved."""
