"""Files: received, stored, described; tables read from them and written to them."""
