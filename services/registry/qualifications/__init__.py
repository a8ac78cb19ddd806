"""Municipal titles (载体资格): applied for, granted, held and revoked."""
