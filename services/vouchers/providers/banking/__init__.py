"""Bank accounts of providers as they are named and confirmed; `providers.accounts` keeps them."""
