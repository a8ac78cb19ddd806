"""Issue of vouchers to enterprises in centres, and what holders and issuers see of them (4.3-1, 4.3-2)."""
