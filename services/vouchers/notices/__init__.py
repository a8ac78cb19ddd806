"""Public notices (公示) of voucher cases about to be decided, and the objections raised against them."""
